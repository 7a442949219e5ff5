"""Models that learn row by row from dicts, as river's do: a classifier and a regressor on top of the native learner."""

from __future__ import annotations

import json
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from openloop._native import NativeStream

if TYPE_CHECKING:
    import pandas as pd

    Classifier: Any = object
    Regressor: Any = object
else:
    try:
        from river.base import MiniBatchClassifier as Classifier
        from river.base import MiniBatchRegressor as Regressor
    except ImportError:  # they work without river, outside of its pipelines
        Classifier = Regressor = object


class _Stream:
    """What the classifier and the regressor share: the parameters, and the native network."""

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...],
        rule: str,
        activation: str,
        learning_rate: float,
        hidden_learning_rate: float | None,
        standardise: bool,
        seed: int,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.rule = rule
        self.activation = activation
        self.learning_rate = learning_rate
        self.hidden_learning_rate = hidden_learning_rate
        self.standardise = standardise
        self.seed = seed
        sizes = (hidden_layer_sizes,) if isinstance(hidden_layer_sizes, int) else hidden_layer_sizes
        options = {
            "net": " ".join(f"fc{size}" for size in sizes),
            "rule": rule,
            "activation": activation,
            "lr": learning_rate,
            "hidden-lr": hidden_learning_rate,
            "lr-decay": 0.0,
            "optimizer": "sgd",
            "batch": 1,
            "scaling": "mean",
            "seed": seed,
        }
        options = {name: value for name, value in options.items() if value is not None}
        self._native = NativeStream(json.dumps(options), standardise, self._has_classes())

    @classmethod
    def _has_classes(cls) -> bool:
        raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_native": self._native.state()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = {name: value for name, value in state.items() if name != "_native"}
        parameters = ("hidden_layer_sizes", "rule", "activation", "learning_rate", "hidden_learning_rate")
        _Stream.__init__(self, **{name: own[name] for name in (*parameters, "standardise", "seed")})
        self.__dict__.update(own)
        self._native.restore(*state["_native"])

    @property
    def drift_signal(self) -> str:
        """What the drift detector says to the last row learned from: ``"stable"``, ``"warning"`` or ``"drift"``."""
        return self._native.drift_signal

    @property
    def drifts(self) -> int:
        """How often the detector signalled a drift."""
        return self._native.drifts

    @property
    def features(self) -> list[Any]:
        """The features seen so far; a text is a feature for each of its values."""
        return list(self._native.features)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the network as it is now as a checkpoint, which `openloop eval`, `predict` and `export` read.

        Parameters
        ----------
        path : str or path
            The file.
        """
        self._native.save(path)

    def _learn_many(self, X: pd.DataFrame, y: Any) -> None:
        if all(kind.kind in "fiub" for kind in X.dtypes):
            self._native.learn_many(list(X.columns), _numbers(X), list(y))
            return
        for row, target in zip(X.to_dict("records"), y, strict=True):
            self._native.learn_one(row, target)

    def _answer_many(self, X: pd.DataFrame) -> NDArray[np.float64]:
        if not all(kind.kind in "fiub" for kind in X.dtypes):
            raise TypeError("predict_many takes columns of numbers; call predict_one for rows with texts")
        answers = np.array(self._native.answer_many(list(X.columns), _numbers(X)))
        return answers.reshape(len(X), -1) if answers.size else np.empty((len(X), 0))


def _numbers(X: pd.DataFrame) -> NDArray[np.float64]:
    return np.ascontiguousarray(X.to_numpy(dtype=np.float64))


class OpenloopStreamClassifier(_Stream, Classifier):
    """A classifier that learns from one row at a time.

    Features are numbers, or texts, which become one input for each value; they may come and go, and classes may appear at any
    time. A new feature gets an input whose weights are 0, so that it changes no answer at first, a new class an output. A feature
    that is missing from a row, or is None or NaN, counts as its mean, and a text that is missing as none.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(100,)
        Neurons of each hidden layer.
    rule : str, default="local-error-learned"
        How hidden layers learn: ``"drtp"``, ``"local-error"``, ``"local-error-learned"``, ``"dfa"``, ``"bp"`` and others.
    activation : {"tanh", "relu", "lrelu", "sigmoid", "identity"}, default="tanh"
        Of the hidden layers.
    learning_rate : float, default=0.03
        The learning rate, which does not fall.
    hidden_learning_rate : float, default=None
        The learning rate of the hidden layers; None is the same.
    standardise : bool, default=True
        Whether features are standardised by their mean and deviation, over the last 1,000 rows or so.
    seed : int, default=0
        Seed of weights and feedback.

    Attributes
    ----------
    drift_signal : str
        What the drift detector (HDDM_A on the errors) says to the last row learned from.
    drifts : int
        How often it signalled a drift.
    classes : list
        The classes seen so far.
    features : list
        The features seen so far.

    Examples
    --------
    >>> from openloop import OpenloopStreamClassifier
    >>> model = OpenloopStreamClassifier()
    >>> for k in range(500):
    ...     model.learn_one({"temperature": 20 + k % 10}, "warm" if k % 10 > 5 else "cold")
    >>> model.predict_one({"temperature": 28})
    'warm'
    >>> model.learn_one({"temperature": 90, "pressure": 3}, "broken")
    >>> model.classes
    ['cold', 'warm', 'broken']
    """

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        rule: str = "local-error-learned",
        activation: str = "tanh",
        learning_rate: float = 0.03,
        hidden_learning_rate: float | None = None,
        standardise: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(
            hidden_layer_sizes, rule, activation, learning_rate, hidden_learning_rate, standardise, seed
        )

    @classmethod
    def _has_classes(cls) -> bool:
        return True

    @property
    def _multiclass(self) -> bool:
        return True

    @property
    def classes(self) -> list[Any]:
        """The classes seen so far, in the order in which they came."""
        return list(self._native.classes)

    def learn_one(self, x: dict[Any, Any], y: Any) -> None:
        """Learns from a row.

        Parameters
        ----------
        x : dict
            The features by their names.
        y : object
            The class.
        """
        self._native.learn_one(x, y)

    def predict_one(self, x: dict[Any, Any], **kwargs: Any) -> Any:
        """The class of a row.

        Parameters
        ----------
        x : dict
            The features by their names.

        Returns
        -------
        object
            The class; None before the first row was learned from.
        """
        return self._native.predict_one(x)

    def predict_proba_one(self, x: dict[Any, Any], **kwargs: Any) -> dict[Any, float]:
        """The probability of each class seen so far.

        Parameters
        ----------
        x : dict
            The features by their names.

        Returns
        -------
        dict
        """
        return self._native.predict_proba_one(x)

    def learn_many(self, X: pd.DataFrame, y: pd.Series) -> None:
        """Learns from rows, one after the other.

        Parameters
        ----------
        X : DataFrame
            The rows.
        y : Series
            Their classes.
        """
        self._learn_many(X, y)

    def predict_proba_many(self, X: pd.DataFrame) -> pd.DataFrame:
        """The probability of each class seen so far, for rows.

        Parameters
        ----------
        X : DataFrame
            The rows.

        Returns
        -------
        DataFrame
            A column for each class.
        """
        import pandas as pd

        return pd.DataFrame(self._answer_many(X), index=X.index, columns=self.classes or None)

    def predict_many(self, X: pd.DataFrame) -> pd.Series:
        """The classes of rows.

        Parameters
        ----------
        X : DataFrame
            The rows.

        Returns
        -------
        Series
        """
        import pandas as pd

        answers = self._answer_many(X)
        if answers.shape[1] == 0:
            return pd.Series(index=X.index, dtype="object")
        names = np.empty(len(self.classes), dtype=object)
        names[:] = self.classes
        return pd.Series(names[answers.argmax(axis=1)], index=X.index).infer_objects()


class OpenloopStreamRegressor(_Stream, Regressor):
    """A regressor that learns from one row at a time.

    Targets are standardised inside, by their mean and deviation over the last 1,000 rows or so. The drift detector counts answers
    that are off by more than half a deviation of the targets. Parameters and attributes are those of `OpenloopStreamClassifier`, but for
    the classes; rules that need classes are refused.

    Examples
    --------
    >>> from openloop import OpenloopStreamRegressor
    >>> model = OpenloopStreamRegressor()
    >>> for k in range(2000):
    ...     model.learn_one({"hour": k % 24}, 15 + (k % 24) / 2)
    >>> abs(model.predict_one({"hour": 12}) - 21) < 0.5
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        rule: str = "local-error-learned",
        activation: str = "tanh",
        learning_rate: float = 0.01,
        hidden_learning_rate: float | None = None,
        standardise: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(
            hidden_layer_sizes, rule, activation, learning_rate, hidden_learning_rate, standardise, seed
        )

    @classmethod
    def _has_classes(cls) -> bool:
        return False

    def learn_one(self, x: dict[Any, Any], y: float) -> None:
        """Learns from a row.

        Parameters
        ----------
        x : dict
            The features by their names.
        y : float
            The target.
        """
        self._native.learn_one(x, y)

    def predict_one(self, x: dict[Any, Any], **kwargs: Any) -> float:
        """The target of a row.

        Parameters
        ----------
        x : dict
            The features by their names.

        Returns
        -------
        float
            The target; 0 before the first row was learned from.
        """
        answer: float | None = self._native.predict_one(x)
        return 0.0 if answer is None else answer

    def learn_many(self, X: pd.DataFrame, y: pd.Series) -> None:
        """Learns from rows, one after the other.

        Parameters
        ----------
        X : DataFrame
            The rows.
        y : Series
            Their targets.
        """
        self._learn_many(X, y)

    def predict_many(self, X: pd.DataFrame) -> pd.Series:
        """The targets of rows.

        Parameters
        ----------
        X : DataFrame
            The rows.

        Returns
        -------
        Series
        """
        import pandas as pd

        answers = self._answer_many(X)
        values = answers[:, 0] if answers.shape[1] else np.zeros(len(X))
        return pd.Series(values, index=X.index, name="target")
