"""A trained network: it answers rows, and is saved to and read from the files of the command line."""

from __future__ import annotations

import json
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openloop._native import NativeModel


class Model:
    """A trained network.

    It pickles as the bytes of a checkpoint, so a pickle holds what the file of `save` holds.

    Parameters
    ----------
    native : NativeModel
        What the native part made of a checkpoint.
    """

    def __init__(self, native: NativeModel) -> None:
        self._native = native
        self._description: dict[str, Any] = json.loads(native.description())

    def __reduce__(self) -> tuple[Any, ...]:
        return (_from_bytes, (self._native.checkpoint(),))

    @property
    def classes(self) -> list[str]:
        """Names of the classes; empty for real values."""
        return list(self._description["about"]["classes"])

    @property
    def outputs(self) -> int:
        """Classes, or real values in an answer."""
        return int(self._description["about"]["outputs"])

    @property
    def features(self) -> int:
        """Values in a row."""
        return int(np.prod(self._description["about"]["shape"]))

    @property
    def settings(self) -> dict[str, Any]:
        """Rule, network, rates and the rest, as the checkpoint has them."""
        return dict(self._description["settings"])

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return int(self._description["parameters"])

    def answer(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """The outputs for rows: probabilities of the classes, or real values in their own unit.

        Parameters
        ----------
        X : array of shape (rows, features)
            C-contiguous, of dtype float32, float64 or uint8.

        Returns
        -------
        array of shape (rows, outputs)
        """
        if X.ndim != 2 or X.shape[1] != self.features:
            raise ValueError(f"rows of {self.features} features are expected, found an array of shape {X.shape}")
        return np.frombuffer(self._native.answer(X), dtype=np.float64).reshape(len(X), self.outputs)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes a checkpoint: `openloop eval`, `predict` and `export` read it."""
        self._native.save(path)

    def to_bytes(self) -> bytes:
        """The bytes of the checkpoint."""
        return self._native.checkpoint()


def _from_bytes(checkpoint: bytes) -> Model:
    return Model(NativeModel(checkpoint))


def load(path: str | PathLike[str]) -> Model:
    """Reads a checkpoint that `openloop train` or `save` wrote, or a device's blob.

    Parameters
    ----------
    path : str or path
        The file, or the folder of a run.

    Returns
    -------
    Model
    """
    return Model(NativeModel.load(path))
