"""Learning rules of one's own: a function in the place of the built-in rules' formulas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# the built-in rules whose place a function takes, by what it is made of
PLACES = {"readout": "local-error", "learned readout": "local-error-learned", "output": "dfa"}


@dataclass(frozen=True)
class Rule:
    """A learning rule for hidden layers: a function makes the coefficients that go through a layer's matrix.

    A hidden layer is taught by coefficients times a matrix of its own, of shape (classes, neurons). The function makes the coefficients
    of each batch: `function(values, targets)` gets two arrays of float32 of shape (rows, classes), and gives one of the same shape.
    With `of="readout"`, `values` is the layer's output times the same matrix, and the layer learns at once; with
    `of="learned readout"` the matrix learns too; with `of="output"` it is the network's output, and layers wait for it. `targets` is 1
    at the class of a row and 0 elsewhere, or the standardised values of a regression.

    Parameters
    ----------
    function : callable
        Makes the coefficients. A named function of a module can be pickled, a lambda cannot.
    of : {"readout", "learned readout", "output"}, default="readout"
        What they are made of.

    Examples
    --------
    >>> from openloop import OpenloopClassifier, Rule
    >>> from sklearn.datasets import load_iris
    >>> def error(output, targets):
    ...     return output - targets  # what dfa does
    >>> X, y = load_iris(return_X_y=True)
    >>> own = OpenloopClassifier(rule=Rule(error, of="output"), max_iter=5, random_state=0).fit(X, y)
    >>> built_in = OpenloopClassifier(rule="dfa", max_iter=5, random_state=0).fit(X, y)
    >>> bool((own.predict_proba(X) == built_in.predict_proba(X)).all())
    True
    """

    function: Callable[[Floats, Floats], Any]
    of: str = "readout"

    def __post_init__(self) -> None:
        if self.of not in PLACES:
            raise ValueError(f"of must be one of {', '.join(PLACES)}, got {self.of!r}")

    @property
    def place(self) -> str:
        """The built-in rule whose formula the function replaces; a saved network names it."""
        return PLACES[self.of]

    def coefficients(self, values: bytes, targets: bytes, outputs: int, has_classes: bool) -> bytes:
        """What the native part calls, with the bytes of arrays."""
        read = np.frombuffer(values, np.float32).reshape(-1, outputs).copy()
        if has_classes:
            wanted = np.zeros_like(read)
            wanted[np.arange(len(read)), np.frombuffer(targets, np.uint32)] = 1
        else:
            wanted = np.frombuffer(targets, np.float32).reshape(-1, outputs).copy()
        made = np.asarray(self.function(read, wanted), dtype=np.float32)
        if made.shape != wanted.shape:
            raise ValueError(f"the rule gave coefficients of shape {made.shape} for values of shape {wanted.shape}")
        return made.tobytes()
