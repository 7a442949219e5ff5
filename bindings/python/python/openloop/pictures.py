"""Pictures of models; they need matplotlib (`pip install openloop-learning[pictures]`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import confusion_matrix


def axes_of(ax: Any) -> Any:
    """The axes given, or new ones."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install matplotlib") from error
    return plt.subplots()[1]


def learning_curves(model: Any, ax: Any = None) -> Any:
    """The loss of each epoch, and the score on the rows held back where there are any.

    Parameters
    ----------
    model : OpenloopClassifier or OpenloopRegressor
        A fitted estimator.
    ax : Axes, default=None
        Where to draw; None is a new picture.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from openloop import OpenloopClassifier, pictures
    >>> from sklearn.datasets import load_iris
    >>> model = OpenloopClassifier(max_iter=5).fit(*load_iris(return_X_y=True))
    >>> pictures.learning_curves(model).get_xlabel()
    'epoch'
    """
    ax = axes_of(ax)
    epochs = np.arange(1, len(model.loss_curve_) + 1)
    ax.plot(epochs, model.loss_curve_, label="loss")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss of a row")
    if getattr(model, "validation_scores_", None):
        other = ax.twinx()
        other.plot(epochs, model.validation_scores_, "--", color="tab:orange", label="validation")
        other.set_ylabel("score on the rows held back")
    return ax


def confusion(model: Any, X: ArrayLike, y: ArrayLike, ax: Any = None) -> Any:
    """How often rows of each class are answered with each class.

    Parameters
    ----------
    model : OpenloopClassifier
        A fitted estimator.
    X : array-like of shape (rows, features)
        The rows.
    y : array-like of shape (rows,)
        Their classes.
    ax : Axes, default=None
        Where to draw; None is a new picture.

    Returns
    -------
    Axes
    """
    ax = axes_of(ax)
    counts = confusion_matrix(y, model.predict(X), labels=model.classes_)
    ax.imshow(counts, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        ax.text(column, row, count, ha="center", va="center", color="white" if 2 * count > counts.max() else "black")
    places = range(len(model.classes_))
    ax.set_xticks(places, [str(name) for name in model.classes_])
    ax.set_yticks(places, [str(name) for name in model.classes_])
    ax.set_xlabel("answer")
    ax.set_ylabel("class")
    return ax


def drift(right: Sequence[bool], drifts: Sequence[int] = (), window: int = 200, ax: Any = None) -> Any:
    """The share of rows of a stream that were answered rightly, and where a drift was signalled.

    Parameters
    ----------
    right : sequence of bool
        Whether each row was answered rightly, before it was learned from.
    drifts : sequence of int, default=()
        The numbers of the rows at which `drift_signal` was ``"drift"``.
    window : int, default=200
        Rows over which the share is taken.
    ax : Axes, default=None
        Where to draw; None is a new picture.

    Returns
    -------
    Axes
    """
    ax = axes_of(ax)
    sums = np.concatenate([[0], np.cumsum(np.asarray(right, dtype=float))])
    ends = np.arange(1, len(sums))
    starts = np.maximum(0, ends - window)
    ax.plot(ends, 100 * (sums[ends] - sums[starts]) / (ends - starts))
    for row in drifts:
        ax.axvline(row, linestyle="--", color="tab:red")
    ax.set_xlabel("row")
    ax.set_ylabel(f"right in the last {window} rows, percent")
    return ax
