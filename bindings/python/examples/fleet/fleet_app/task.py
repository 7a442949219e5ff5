"""What the devices agree on, and the rows that each of them has."""

import numpy as np
from numpy.typing import NDArray
from openloop.fleet import Plan
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

# settings, first weights and the fixed feedback follow from it, so no message holds them
PLAN = Plan(features=64, classes=tuple(range(10)), hidden_layer_sizes=(64,), rule="drtp", epochs=2)
DEVICES = 10


def split() -> list[NDArray]:
    """Training rows, test rows, and the classes of both."""
    return train_test_split(*load_digits(return_X_y=True), test_size=0.2, random_state=0)


def rows_of(device: int) -> tuple[NDArray, NDArray]:
    """The rows of a device: a share of four digits. A device of one's own reads its file or sensor here instead."""
    X, _, y, _ = split()
    seen = [(device + k) % 10 for k in range(4)]
    own = np.isin(y, seen) & (np.arange(len(y)) % DEVICES == device)
    return X[own], y[own]


def tested_rows() -> tuple[NDArray, NDArray]:
    """Rows of all digits that no device learns from."""
    _, X, _, y = split()
    return X, y
