"""Rows and targets, checked as scikit-learn checks them. Large frames become arrays a block of rows at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import _check_sample_weight, _check_y, validate_data

# whole numbers become float64, which holds them exactly; bytes are images
DTYPES = [np.float64, np.float32, np.uint8]
# values of a frame that are converted at a time
VALUES_AT_ONCE = 1 << 21


def checked_rows(estimator: Any, X: Any, *, reset: bool) -> NDArray[Any]:
    """Rows as an array, or as a sparse matrix.

    Parameters
    ----------
    estimator : estimator
        Whose features they are.
    X : array-like or sparse matrix of shape (rows, features)
        The rows.
    reset : bool
        Whether these rows say what the features are.

    Returns
    -------
    array or sparse matrix of shape (rows, features)
    """
    if not _is_large_frame(X):
        rows: NDArray[Any] = validate_data(estimator, X, dtype=DTYPES, accept_sparse="csr", reset=reset)
        return rows
    count, step = X.shape[0], max(1, VALUES_AT_ONCE // X.shape[1])
    first = validate_data(estimator, _block(X, 0, step), dtype=DTYPES, reset=reset)
    rows = np.empty((count, first.shape[1]), dtype=first.dtype)
    rows[:step] = first
    for start in range(step, count, step):
        rows[start : start + step] = check_array(_block(X, start, step), dtype=first.dtype)
    return rows


def checked_rows_and_targets(
    estimator: Any, X: ArrayLike, y: ArrayLike, *, reset: bool = True, **more: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The same with targets, as many as there are rows; `more` is what `check_X_y` takes."""
    if _is_large_frame(X):
        rows, targets = checked_rows(estimator, X, reset=reset), _check_y(y, estimator=estimator, **more)
        check_consistent_length(rows, targets)
        return rows, targets
    rows, targets = validate_data(
        estimator, X, y, dtype=DTYPES, accept_sparse="csr", reset=reset, **more
    )
    return rows, targets


def checked_weights(sample_weight: ArrayLike | None, X: NDArray[Any]) -> NDArray[np.float64] | None:
    """Weights of rows, none of them negative and one at least above 0."""
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.sum() > 0:
        raise ValueError("sample_weight is 0 for all rows: none is left to learn from")
    return weights


def _is_large_frame(X: Any) -> bool:
    is_frame = hasattr(X, "iloc") or hasattr(X, "slice")
    return is_frame and len(getattr(X, "shape", ())) == 2 and X.shape[0] * X.shape[1] > VALUES_AT_ONCE


def _block(X: Any, start: int, count: int) -> Any:
    if hasattr(X, "iloc"):
        return X.iloc[start : start + count]
    return X.slice(start, count)
