"""Estimators for scikit-learn: a classifier and a regressor on top of the native trainer."""

from __future__ import annotations

import json
import numbers
import warnings
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from openloop._model import Model
from openloop._native import NativeModel, Training

SOLVERS = ("adam", "sgd", "momentum", "nesterov", "rmsprop")
DTYPES = [np.float32, np.float64, np.uint8]


class _Openloop(BaseEstimator):
    """What the classifier and the regressor share: the parameters, and training."""

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        *,
        net: str | None = None,
        rule: str = "local-error-learned",
        activation: str = "tanh",
        solver: str = "adam",
        batch_size: int | str = "auto",
        learning_rate_init: float | None = None,
        hidden_learning_rate_init: float | None = None,
        dropout: float = 0.0,
        max_iter: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 0.0,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: bool | int = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.net = net
        self.rule = rule
        self.activation = activation
        self.solver = solver
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.hidden_learning_rate_init = hidden_learning_rate_init
        self.dropout = dropout
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _net(self) -> str:
        if self.net is not None:
            return self.net
        sizes = self.hidden_layer_sizes
        sizes = (sizes,) if isinstance(sizes, (int, numbers.Integral)) else tuple(sizes)
        if not all(isinstance(size, numbers.Integral) and size > 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be positive whole numbers, got {self.hidden_layer_sizes!r}")
        return " ".join(f"fc{size}" for size in sizes)

    def _threads(self) -> int | None:
        if self.n_jobs is None:
            return 1
        return None if self.n_jobs < 0 else self.n_jobs

    def _options(self, seed: int) -> dict[str, Any]:
        if self.solver not in SOLVERS:
            raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, got {self.solver!r}")
        options = {
            "net": self._net(),
            "rule": self.rule,
            "activation": self.activation,
            "optimizer": self.solver,
            "batch": None if self.batch_size == "auto" else self.batch_size,
            "lr": self.learning_rate_init,
            "hidden-lr": self.hidden_learning_rate_init,
            "dropout": self.dropout or None,
            "epochs": self.max_iter,
            "seed": seed,
            "threads": self._threads(),
        }
        return {name: value for name, value in options.items() if value is not None}

    def _seed(self) -> int:
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _train(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        *,
        classes: list[str],
        targets: list[str],
        weights: NDArray[Any] | None,
        stratify: NDArray[Any] | None,
    ) -> Self:
        seed = self._seed()
        start = self.model_.to_bytes() if self.warm_start and hasattr(self, "model_") else None
        held_back = None
        if self.early_stopping:
            X, y, held_back, weights = self._hold_back(X, y, weights, stratify, seed)
        if weights is not None:
            rows = _repeated(weights)
            X, y = X[rows], y[rows]
        columns = None
        if hasattr(self, "feature_names_in_"):
            columns = {"features": list(self.feature_names_in_), "label": targets[0] if targets else "label"}
        request = {
            "options": self._options(seed),
            "features": X.shape[1],
            "classes": classes,
            "targets": targets,
            "columns": columns,
            "name": "arrays",
        }
        X, y = np.ascontiguousarray(X), np.ascontiguousarray(y)
        training = Training(json.dumps(request), X, y, held_back, start)
        self._run_epochs(training)
        return self

    def _hold_back(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        weights: NDArray[Any] | None,
        stratify: NDArray[Any] | None,
        seed: int,
    ) -> tuple[NDArray[Any], NDArray[Any], tuple[NDArray[Any], NDArray[Any]], NDArray[Any] | None]:
        from sklearn.model_selection import train_test_split

        if stratify is not None and np.unique(stratify, return_counts=True)[1].min() < 2:
            stratify = None
        rows, held = train_test_split(
            np.arange(len(X)), test_size=self.validation_fraction, random_state=seed, stratify=stratify
        )
        weights = None if weights is None else weights[rows]
        return X[rows], y[rows], (np.ascontiguousarray(X[held]), np.ascontiguousarray(y[held])), weights

    def _run_epochs(self, training: Training) -> None:
        best, best_bytes, since_best = np.inf, None, 0
        self.loss_curve_: list[float] = []
        scores: list[float] = []
        self.validation_scores_ = scores if self.early_stopping else None
        if self.n_iter_no_change < 1:
            raise ValueError(f"n_iter_no_change must be at least 1, got {self.n_iter_no_change}")
        try:
            for epoch in _progress(range(training.epochs()), self.verbose):
                loss, error, held_loss, held_error = training.epoch()
                self.loss_curve_.append(loss)
                if self.verbose:
                    print(f"epoch {epoch + 1}: loss {loss:.5f}" + (f", validation {held_loss:.5f}" if self.early_stopping else ""))
                if not self.early_stopping:
                    continue
                judged = held_loss if held_error is None else held_error
                scores.append(-held_loss if held_error is None else 1 - held_error / 100)
                if judged < best - self.tol:
                    best, best_bytes, since_best = judged, training.checkpoint(), 0
                else:
                    since_best += 1
                if since_best >= self.n_iter_no_change:
                    break
        except KeyboardInterrupt:
            warnings.warn("training was interrupted; the network is what it was by then", ConvergenceWarning, stacklevel=3)
        checkpoint = best_bytes if best_bytes is not None else training.checkpoint()
        self.model_ = Model(NativeModel(checkpoint, self._threads()))
        self.n_iter_ = len(self.loss_curve_)
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else np.nan
        self.n_layers_ = self.model_.settings["net"].count("fc") + 2
        self.n_outputs_ = self.model_.outputs

    def _rows(self, X: ArrayLike) -> NDArray[Any]:
        check_is_fitted(self)
        rows: NDArray[Any] = validate_data(self, X, dtype=DTYPES, order="C", reset=False)
        return np.ascontiguousarray(rows)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the network as a checkpoint, which the command line reads: `openloop eval`, `predict`, `export`.

        Parameters
        ----------
        path : str or path
            The file.
        """
        check_is_fitted(self)
        self.model_.save(path)


def _progress(epochs: range, verbose: bool | int) -> Any:
    """The epochs, with a bar where `tqdm` is installed and more than lines is asked for."""
    if verbose is True or verbose < 2:
        return epochs
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return epochs
    return tqdm(epochs, unit="epoch")


def _repeated(weights: NDArray[Any]) -> NDArray[np.int64]:
    """The rows, each as often as its weight says.

    Whole weights repeat a row exactly. Others are scaled so that the mean weight of the rows that count is 1, and a row of weight w
    is taken floor(w) times, and once more where the running sum of weights passes a whole number.
    """
    if np.all(weights == np.round(weights)):
        return np.repeat(np.arange(len(weights)), weights.astype(np.int64))
    scaled = weights * (np.count_nonzero(weights) / weights.sum())
    ends = np.floor(np.cumsum(scaled) + 0.5).astype(np.int64)
    return np.repeat(np.arange(len(weights)), np.diff(ends, prepend=0))


def _validated(
    estimator: _Openloop, X: ArrayLike, y: ArrayLike, **more: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    rows, targets = validate_data(estimator, X, y, dtype=DTYPES, order="C", **more)
    return rows, targets


def _checked_weights(sample_weight: ArrayLike | None, X: NDArray[Any]) -> NDArray[np.float64] | None:
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.sum() > 0:
        raise ValueError("sample_weight is 0 for all rows: none is left to learn from")
    return weights


class OpenloopClassifier(ClassifierMixin, _Openloop):
    """A classifier whose hidden layers learn without feedback.

    Features are standardised inside; arrays of uint8 are divided by 255, as images are.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(100,)
        Neurons of each hidden layer.
    net : str, default=None
        The hidden layers as the command line writes them, such as ``"fc500 fc500"``; overrides `hidden_layer_sizes`.
    rule : str, default="local-error-learned"
        How hidden layers learn: ``"drtp"``, ``"local-error"``, ``"local-error-learned"``, ``"bp"`` and others.
    activation : {"tanh", "relu", "sigmoid", "identity"}, default="tanh"
        Of the hidden layers.
    solver : {"adam", "sgd", "momentum", "nesterov", "rmsprop"}, default="adam"
        The optimizer.
    batch_size : int or "auto", default="auto"
        Rows in a batch; "auto" is 10 for fewer than 10,000 rows, else 50.
    learning_rate_init : float, default=None
        The learning rate; None is the tuned one of the rule.
    hidden_learning_rate_init : float, default=None
        The learning rate of the hidden layers; None is the same.
    dropout : float, default=0.0
        Probability of dropout before every dense layer.
    max_iter : int, default=None
        Passes over the rows; None is 60 for fewer than 10,000 rows, else 10.
    early_stopping : bool, default=False
        Hold back `validation_fraction` of the rows, keep the epoch that is best on them, and stop after `n_iter_no_change`
        epochs without a better one.
    validation_fraction : float, default=0.1
        See `early_stopping`.
    n_iter_no_change : int, default=10
        See `early_stopping`.
    tol : float, default=0.0
        An epoch is better if it is by more than this: in percent of wrong rows.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes; rows are repeated accordingly.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights it has.
    random_state : int, RandomState or None, default=None
        Seed of weights, feedback, order and dropout.
    n_jobs : int, default=None
        Threads; None is 1, -1 one for each processor. The result does not depend on it.
    verbose : bool or int, default=False
        True prints a line an epoch; 2 shows a bar too, if tqdm is installed.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The classes.
    model_ : Model
        The trained network.
    loss_curve_ : list of float
        Loss a row of each epoch, as the learning steps saw it.
    validation_scores_ : list of float or None
        Accuracy on the rows held back after each epoch.
    n_iter_ : int
        Epochs that were learned.
    n_features_in_ : int
        Features of a row.
    feature_names_in_ : array of shape (n_features_in_,)
        Names of the features, where `X` had any.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from openloop import OpenloopClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> OpenloopClassifier(rule="drtp", random_state=0).fit(X, y).score(X_test, y_test) > 0.9
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        *,
        net: str | None = None,
        rule: str = "local-error-learned",
        activation: str = "tanh",
        solver: str = "adam",
        batch_size: int | str = "auto",
        learning_rate_init: float | None = None,
        hidden_learning_rate_init: float | None = None,
        dropout: float = 0.0,
        max_iter: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 0.0,
        class_weight: dict[Any, float] | str | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: bool | int = False,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            net=net,
            rule=rule,
            activation=activation,
            solver=solver,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            hidden_learning_rate_init=hidden_learning_rate_init,
            dropout=dropout,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            warm_start=warm_start,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.class_weight = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learns from rows and their classes.

        Parameters
        ----------
        X : array-like of shape (rows, features)
            The rows.
        y : array-like of shape (rows,)
            Their classes, of any type.
        sample_weight : array-like of shape (rows,), default=None
            How often each row counts: rows are repeated accordingly.

        Returns
        -------
        self
        """
        rows, named = _validated(self, X, y)
        named = column_or_1d(named, warn=True)
        check_classification_targets(named)
        self.classes_, labels = np.unique(named, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"at least two classes are needed, but there is one class only: {self.classes_[0]}")
        weights = _checked_weights(sample_weight, rows)
        if self.class_weight is not None:
            balanced = compute_sample_weight(self.class_weight, named)
            weights = balanced if weights is None else weights * balanced
        return self._train(
            rows,
            labels.astype(np.uint32),
            classes=[str(name) for name in self.classes_],
            targets=[],
            weights=weights,
            stratify=labels,
        )

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """The probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (rows, features)
            The rows.

        Returns
        -------
        array of shape (rows, n_classes)
        """
        rows = self._rows(X)
        answers = self.model_.answer(rows)
        return answers / answers.sum(axis=1, keepdims=True)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The classes.

        Parameters
        ----------
        X : array-like of shape (rows, features)
            The rows.

        Returns
        -------
        array of shape (rows,)
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]


class OpenloopRegressor(RegressorMixin, _Openloop):
    """A regressor whose hidden layers learn without feedback.

    Features and targets are standardised inside; answers are in the unit of the targets. Parameters and attributes are those of
    `OpenloopClassifier`, but for the classes; `tol` is in the loss of a row. Rules that need classes are refused.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from openloop import OpenloopRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> OpenloopRegressor(random_state=0).fit(X, y).score(X, y) > 0.5
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learns from rows and their targets.

        Parameters
        ----------
        X : array-like of shape (rows, features)
            The rows.
        y : array-like of shape (rows,) or (rows, targets)
            Their targets.
        sample_weight : array-like of shape (rows,), default=None
            How often each row counts: rows are repeated accordingly.

        Returns
        -------
        self
        """
        rows, values = _validated(self, X, y, multi_output=True, y_numeric=True)
        if values.ndim == 2 and values.shape[1] == 1:
            values = column_or_1d(values, warn=True)
        self._one_target = values.ndim == 1
        values = values.reshape(len(rows), -1).astype(np.float64)
        names = ["target"] if self._one_target else [f"target_{k}" for k in range(values.shape[1])]
        weights = _checked_weights(sample_weight, rows)
        return self._train(rows, values, classes=[], targets=names, weights=weights, stratify=None)

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """The targets, in their own unit.

        Parameters
        ----------
        X : array-like of shape (rows, features)
            The rows.

        Returns
        -------
        array of shape (rows,) or (rows, targets)
        """
        rows = self._rows(X)
        answers = self.model_.answer(rows)
        return answers.ravel() if self._one_target else answers
