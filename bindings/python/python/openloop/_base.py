"""What the classifier and the regressor share: the parameters, and training."""

from __future__ import annotations

import json
import numbers
import warnings
from collections.abc import Callable
from functools import partial
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from openloop._model import Model, native_rows
from openloop._native import Training
from openloop._progress import Progress
from openloop._rows import checked_rows
from openloop._rule import Rule

SOLVERS = ("adam", "sgd", "momentum", "nesterov", "rmsprop")


class OpenloopBase(BaseEstimator):
    """The parameters, and training."""

    # the network; none where single rows were learned from since it was made
    _model: Model | None
    # what goes on learning from single rows, where it can
    _row_training: Training | None

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        *,
        net: str | None = None,
        image_shape: tuple[int, ...] | None = None,
        rule: str | Rule | Callable[[Any, Any], Any] = "local-error-learned",
        activation: str | None = None,
        solver: str = "adam",
        batch_size: int | str = "auto",
        learning_rate_init: float | None = None,
        hidden_learning_rate_init: float | None = None,
        dropout: float = 0.0,
        arithmetic: str = "f32",
        max_iter: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: bool | int = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.net = net
        self.image_shape = image_shape
        self.rule = rule
        self.activation = activation
        self.solver = solver
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.hidden_learning_rate_init = hidden_learning_rate_init
        self.dropout = dropout
        self.arithmetic = arithmetic
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
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

    def _shape(self) -> list[int] | None:
        if self.image_shape is None:
            return None
        shape = [int(side) for side in self.image_shape]
        if len(shape) not in (2, 3) or min(shape) < 1:
            raise ValueError(f"image_shape must be (height, width) or (channels, height, width), got {self.image_shape!r}")
        return [1] * (3 - len(shape)) + shape

    def _own_rule(self) -> Rule | None:
        if isinstance(self.rule, Rule):
            return self.rule
        return Rule(self.rule) if callable(self.rule) else None

    def _options(self, seed: int) -> dict[str, Any]:
        """The options of `openloop train` that ask for the same."""
        if self.solver not in SOLVERS:
            raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, got {self.solver!r}")
        if self.n_iter_no_change < 1:
            raise ValueError(f"n_iter_no_change must be at least 1, got {self.n_iter_no_change}")
        int8, own_rule = self.arithmetic == "int8", self._own_rule()
        if own_rule is not None and int8:
            raise ValueError("a rule of one's own computes in float32: leave arithmetic='int8' out")
        options = {
            "net": self._net(),
            "rule": self.rule if own_rule is None else own_rule.place,
            # a function is called by one layer after the other
            "pipeline": None if own_rule is None else "off",
            "activation": self.activation,
            # int8 learns by stochastic gradient descent alone
            "optimizer": None if int8 and self.solver == "adam" else self.solver,
            "arithmetic": self.arithmetic,
            "batch": None if self.batch_size == "auto" else self.batch_size,
            "lr": self.learning_rate_init,
            "hidden-lr": self.hidden_learning_rate_init,
            "dropout": self.dropout or None,
            "epochs": self.max_iter,
            "validation": self.validation_fraction if self.early_stopping else None,
            "patience": self.n_iter_no_change if self.early_stopping else None,
            "seed": seed,
            "threads": self._threads(),
        }
        return {name: value for name, value in options.items() if value is not None}

    def _seed(self) -> int:
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _training(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        *,
        classes: list[str],
        targets: list[str],
        weights: NDArray[np.float64] | None,
        goes_on: bool = False,
    ) -> Training:
        if weights is not None and self.arithmetic == "int8":
            # whole numbers have no fractions of a step
            rows = _repeated(weights)
            X, y, weights = X[rows], y[rows], None
        columns = None
        if hasattr(self, "feature_names_in_"):
            columns = {"features": list(self.feature_names_in_), "label": targets[0] if targets else "label"}
            columns |= {"further_labels": targets[1:]} if targets[1:] else {}
        request = {
            "options": self._options(self._seed()),
            "shape": self._shape(),
            "classes": classes,
            "targets": targets,
            "columns": columns,
            "name": "arrays",
            "goes_on": goes_on,
        }
        goes_on_from = self.model_ if goes_on or (self.warm_start and hasattr(self, "model_")) else None
        start = None if goes_on_from is None else goes_on_from.native
        own_rule = self._own_rule()
        rule = None if own_rule is None else partial(own_rule.coefficients, has_classes=bool(classes))
        counts = None if weights is None else np.ascontiguousarray(weights, dtype=np.float32)
        return Training(json.dumps(request), native_rows(X), np.ascontiguousarray(y), start, rule, counts)

    def _fit(self, training: Training) -> Self:
        """Runs the epochs of a training."""
        self.loss_curve_: list[float] = []
        scores: list[float] = []
        interrupted = False
        with Progress(training.epochs(), self.verbose) as progress:
            try:
                for epoch in range(1, training.epochs() + 1):
                    loss, error, held_loss, held_error = training.epoch()
                    self.loss_curve_.append(loss)
                    if held_loss is not None:
                        scores.append(-held_loss if held_error is None else 1 - held_error / 100)
                    progress.show(epoch, loss, scores[-1] if scores else None)
                    best = training.best_epoch()
                    if best is not None and epoch - best >= self.n_iter_no_change:
                        break
            except KeyboardInterrupt:
                interrupted = True
        if interrupted:
            words = "training was interrupted; the network is what it was by then"
            warnings.warn(words, ConvergenceWarning, stacklevel=3)
        self.validation_scores_ = scores if self.early_stopping else None
        self.best_validation_score_ = max(scores) if scores else None
        self.n_iter_ = len(self.loss_curve_)
        return self._keep(training)

    def _partial_fit(self, training: Training) -> Self:
        """Runs one epoch of a training that goes on."""
        self.loss_curve_ = [*getattr(self, "loss_curve_", []), training.epoch()[0]]
        self.n_iter_ = len(self.loss_curve_)
        self._keep(training)
        # a function of the user's own may change its mind between two rows
        if training.learns_rows() and self._own_rule() is None:
            self._row_training = training
        return self

    @property
    def model_(self) -> Model:
        """The trained network."""
        # rows that were learned from one by one are in the training alone, until somebody asks for the network
        model = self.__dict__.get("_model")
        if model is None:
            training = self.__dict__.get("_row_training")
            if training is None:
                raise AttributeError(f"{type(self).__name__} has no attribute 'model_' before it is fitted")
            model = self._model = Model(training.model())
        return model

    @model_.setter
    def model_(self, model: Model) -> None:
        self._model, self._row_training = model, None

    def __getstate__(self) -> dict[str, Any]:
        # a training is not kept, and what it learned is in the network
        if self.__dict__.get("_row_training") is not None:
            self.model_ = self.model_
        return dict(super().__getstate__())

    def _learn_row(self, X: Any, label: int) -> bool:
        """Learns from a row without what a call of `partial_fit` prepares; false if that must not be, and nothing is learned."""
        training = self._row_training
        loss = None if training is None else training.learn_row(X, label)
        if loss is None:
            return False
        self._model = None
        self.loss_curve_.append(loss)
        self.loss_ = loss
        self.n_iter_ += 1
        return True

    def _keep(self, training: Training) -> Self:
        self.model_ = Model(training.model())
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else np.nan
        self.n_layers_ = self.model_.settings["net"].count("fc") + 2
        self.n_outputs_ = self.model_.outputs
        return self

    def _refuse_early_stopping(self) -> None:
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: call fit, or leave early_stopping out")

    def _rows(self, X: ArrayLike) -> NDArray[Any]:
        check_is_fitted(self)
        return checked_rows(self, X, reset=False)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the network as a checkpoint, which the command line reads: `openloop eval`, `predict`, `export`.

        Parameters
        ----------
        path : str or path
            The file.
        """
        check_is_fitted(self)
        self.model_.save(path)

    def to_onnx(self, path: str | PathLike[str] | None = None) -> bytes:
        """The network as an ONNX model; see `Model.to_onnx`.

        Parameters
        ----------
        path : str or path, default=None
            The file to write as well.

        Returns
        -------
        bytes
        """
        check_is_fitted(self)
        return self.model_.to_onnx(path)


def _repeated(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """The rows, each as often as its weight says.

    Whole weights repeat a row exactly. Others are scaled so that the mean weight of the rows that count is 1, and a row of weight w
    is taken floor(w) times, and once more where the running sum of weights passes a whole number.
    """
    if np.all(weights == np.round(weights)):
        return np.repeat(np.arange(len(weights)), weights.astype(np.int64))
    scaled = weights * (np.count_nonzero(weights) / weights.sum())
    ends = np.floor(np.cumsum(scaled) + 0.5).astype(np.int64)
    return np.repeat(np.arange(len(weights)), np.diff(ends, prepend=0))
