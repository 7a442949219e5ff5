"""Estimators for scikit-learn: a classifier and a regressor on top of the native trainer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from openloop._base import OpenloopBase
from openloop._native import Training
from openloop._rows import checked_rows_and_targets, checked_weights
from openloop._rule import Rule


class OpenloopClassifier(ClassifierMixin, OpenloopBase):
    """A classifier whose hidden layers learn without feedback.

    Features are standardised inside; arrays of uint8 are divided by 255, as images are.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(100,)
        Neurons of each hidden layer.
    net : str, default=None
        The hidden layers as the command line writes them, such as ``"fc500 fc500"``; overrides `hidden_layer_sizes`.
    image_shape : tuple, default=None
        Height and width, or channels, height and width, of the image that a row is; `net` can have convolutions then, such as
        ``"conv16k5p2 pool2 fc100"``.
    rule : str, Rule or callable, default="local-error-learned"
        How hidden layers learn: ``"drtp"``, ``"local-error"``, ``"local-error-learned"``, ``"bp"`` and others, or a function of one's
        own; see `Rule`.
    activation : {"tanh", "relu", "lrelu", "sigmoid", "identity"}, default=None
        Of the hidden layers; None is that which did best with the rule.
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
    arithmetic : {"f32", "int8"}, default="f32"
        int8 learns in whole numbers, as a microcontroller does; not every rule has it.
    max_iter : int, default=None
        Passes over the rows; None is 60 for fewer than 10,000 rows, else 10.
    early_stopping : bool, default=False
        Hold back `validation_fraction` of the rows, keep the epoch that is best on them, and stop after `n_iter_no_change`
        epochs without a better one, as `openloop train --validation --patience` does.
    validation_fraction : float, default=0.1
        See `early_stopping`.
    n_iter_no_change : int, default=10
        See `early_stopping`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes; they multiply those of the rows.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights it has.
    random_state : int, RandomState or None, default=None
        Seed of weights, feedback, order and dropout.
    n_jobs : int, default=None
        Threads; None is 1, -1 one for each processor. The result does not depend on it.
    verbose : bool, default=False
        Whether a progress bar is shown, or a line an epoch where tqdm is not installed.

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
    best_validation_score_ : float or None
        The best of them.
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

    _numbers: dict[Any, int]

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
        class_weight: dict[Any, float] | str | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: bool | int = False,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            net=net,
            image_shape=image_shape,
            rule=rule,
            activation=activation,
            solver=solver,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            hidden_learning_rate_init=hidden_learning_rate_init,
            dropout=dropout,
            arithmetic=arithmetic,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
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
        X : array-like or sparse matrix of shape (rows, features)
            The rows. A C-contiguous array of float32 or float64 is read where it lies, without a copy and while other threads run:
            none of them may write into it meanwhile. A sparse matrix becomes dense one batch at a time.
        y : array-like of shape (rows,)
            Their classes, of any type.
        sample_weight : array-like of shape (rows,), default=None
            How much each row counts; the mean weight is taken for 1. With ``arithmetic="int8"`` rows are repeated accordingly.

        Returns
        -------
        self
        """
        rows, named = checked_rows_and_targets(self, X, y)
        named = self._named(named)
        self.classes_, labels = np.unique(named, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"at least two classes are needed, but there is one class only: {self.classes_[0]}")
        weights = self._weights(sample_weight, rows, named)
        return self._fit(self._of_labels(rows, labels, weights))

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Goes once over some rows, and keeps everything: weights, optimizer state, decay of the learning rates.

        The first call decides the settings, and the standardisation by its rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)
            The rows.
        y : array-like of shape (rows,)
            Their classes.
        classes : array-like of shape (n_classes,), default=None
            All classes that will come. Needed in the first call.
        sample_weight : array-like of shape (rows,), default=None
            How much each row counts; the mean weight is taken for 1. With ``arithmetic="int8"`` rows are repeated accordingly.

        Returns
        -------
        self
        """
        if classes is None and sample_weight is None and self._is_plain_row(X, y):
            label = self._numbers.get(np.asarray(y)[0])
            if label is not None and self._learn_row(X, label):
                return self
        self._refuse_early_stopping()
        is_first = not hasattr(self, "model_")
        rows, named = checked_rows_and_targets(self, X, y, reset=is_first)
        named = self._named(named)
        if is_first and classes is None:
            raise ValueError("the first call of partial_fit needs classes: all that will come")
        if is_first:
            self.classes_ = unique_labels(classes)
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(f"classes {classes} are not those of the first call of partial_fit, {self.classes_}")
        labels = np.searchsorted(self.classes_, named).clip(max=len(self.classes_) - 1)
        unseen = self.classes_[labels] != named
        if unseen.any():
            raise ValueError(f"y has the class {named[unseen][0]}, which is not among {self.classes_}")
        weights = self._weights(sample_weight, rows, named)
        self._numbers = {name: number for number, name in enumerate(self.classes_.tolist())}
        # a row alone is copied: what learns from the next ones must not hold the caller's array
        rows = rows.copy() if rows.shape[0] == 1 else rows
        return self._partial_fit(self._of_labels(rows, labels, weights, goes_on=not is_first))

    def _is_plain_row(self, X: Any, y: Any) -> bool:
        """Whether this is one row of float64 with its class, for a network that learned from such a row before."""
        if self.__dict__.get("_row_training") is None or type(X) is not np.ndarray or type(y) is not np.ndarray:
            return False
        is_row = X.dtype == np.float64 and X.shape == (1, self.n_features_in_) and y.shape == (1,)
        is_as_before = isinstance(self.rule, str) and self.class_weight is None and not self.early_stopping
        return is_row and is_as_before and "feature_names_in_" not in self.__dict__

    def _named(self, y: NDArray[Any]) -> NDArray[Any]:
        named: NDArray[Any] = column_or_1d(y, warn=True)
        check_classification_targets(named)
        return named

    def _weights(self, sample_weight: ArrayLike | None, X: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64] | None:
        weights = checked_weights(sample_weight, X)
        if self.class_weight is None:
            return weights
        balanced: NDArray[np.float64] = compute_sample_weight(self.class_weight, y)
        return balanced if weights is None else weights * balanced

    def _of_labels(
        self, X: NDArray[Any], labels: NDArray[Any], weights: NDArray[np.float64] | None, *, goes_on: bool = False
    ) -> Training:
        names = [str(name) for name in self.classes_]
        return self._training(X, labels.astype(np.uint32), classes=names, targets=[], weights=weights, goes_on=goes_on)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """The probabilities of the classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)
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
        X : array-like or sparse matrix of shape (rows, features)
            The rows.

        Returns
        -------
        array of shape (rows,)
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]


class OpenloopRegressor(RegressorMixin, OpenloopBase):
    """A regressor whose hidden layers learn without feedback.

    Features and targets are standardised inside; answers are in the unit of the targets. Parameters and attributes are those of
    `OpenloopClassifier`, but for the classes; validation scores are losses with a minus. Rules that need classes are refused.

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
        X : array-like or sparse matrix of shape (rows, features)
            The rows.
        y : array-like of shape (rows,) or (rows, targets)
            Their targets.
        sample_weight : array-like of shape (rows,), default=None
            How much each row counts; the mean weight is taken for 1. With ``arithmetic="int8"`` rows are repeated accordingly.

        Returns
        -------
        self
        """
        return self._fit(self._of_values(X, y, sample_weight))

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Goes once over some rows, and keeps everything: weights, optimizer state, decay of the learning rates.

        The first call decides the settings, and the standardisation of features and targets by its rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)
            The rows.
        y : array-like of shape (rows,) or (rows, targets)
            Their targets.
        sample_weight : array-like of shape (rows,), default=None
            How much each row counts; the mean weight is taken for 1. With ``arithmetic="int8"`` rows are repeated accordingly.

        Returns
        -------
        self
        """
        self._refuse_early_stopping()
        goes_on = hasattr(self, "model_")
        return self._partial_fit(self._of_values(X, y, sample_weight, goes_on=goes_on))

    def _of_values(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, *, goes_on: bool = False
    ) -> Training:
        rows, values = checked_rows_and_targets(self, X, y, reset=not goes_on, multi_output=True, y_numeric=True)
        if values.ndim == 2 and values.shape[1] == 1:
            values = column_or_1d(values, warn=True)
        self._one_target = values.ndim == 1
        values = values.reshape(rows.shape[0], -1).astype(np.float64)
        count = values.shape[1]
        if goes_on and count != self.model_.outputs:
            raise ValueError(f"y has {count} targets, and {self.model_.outputs} in the first call of partial_fit")
        names = ["target"] if count == 1 else [f"target_{k}" for k in range(count)]
        weights = checked_weights(sample_weight, rows)
        return self._training(rows, values, classes=[], targets=names, weights=weights, goes_on=goes_on)

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """The targets, in their own unit.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)
            The rows.

        Returns
        -------
        array of shape (rows,) or (rows, targets)
        """
        rows = self._rows(X)
        answers = self.model_.answer(rows)
        return answers.ravel() if self._one_target else answers
