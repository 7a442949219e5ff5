"""A trained network: it answers rows, and is saved to and read from the files of the command line."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse

from openloop._native import NativeModel


# values of a sparse matrix that are made dense at a time
VALUES_AT_ONCE = 1 << 20


def native_rows(X: Any) -> Any:
    """Rows as the native part takes them: an array as it is, of a sparse matrix its three arrays and the values of a row."""
    if not issparse(X):
        return X
    arrays = (X.indptr.astype(np.int64), X.indices.astype(np.int64), X.data.astype(np.float64))
    return (*map(np.ascontiguousarray, arrays), X.shape[1])


class Model:
    """A trained network.

    It pickles as the bytes of a checkpoint, so a pickle holds what the file of `save` holds.

    Parameters
    ----------
    native : NativeModel
        What the native part made of a checkpoint.
    """

    def __init__(self, native: NativeModel) -> None:
        self.native = native
        self._description: dict[str, Any] = json.loads(native.description())

    def __repr__(self) -> str:
        return f"Model({', '.join(f'{name}: {text}' for name, text in self._summary())})"

    def _repr_html_(self) -> str:
        lines = [f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in self._summary()]
        return "<table>" + "".join(lines) + "</table>"

    def _summary(self) -> list[tuple[str, str]]:
        settings, outputs = self.settings, f"{self.outputs} values"
        if self.classes:
            shown = ", ".join(self.classes[:10]) + (", ..." if len(self.classes) > 10 else "")
            outputs = f"{self.outputs} classes ({shown})"
        return [
            ("rule", str(settings["rule"])),
            ("net", str(settings["net"]) or "no hidden layer"),
            ("inputs", str(self.features)),
            ("outputs", outputs),
            ("parameters", str(self.parameters)),
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return (_from_bytes, (self.native.checkpoint(),))

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

    def answer(self, X: Any) -> NDArray[np.float64]:
        """The outputs for rows: probabilities of the classes, or real values in their own unit.

        Parameters
        ----------
        X : array-like or sparse CSR matrix of shape (rows, features)
            The rows; NaN is taken as the mean of the training rows.

        Returns
        -------
        array of shape (rows, outputs)
        """
        if not issparse(X):
            X = np.asarray(X)
            X = X if X.dtype in (np.float32, np.float64, np.uint8) else X.astype(np.float64)
        if X.ndim != 2 or X.shape[1] != self.features:
            raise ValueError(f"rows of {self.features} features are expected, found an array of shape {X.shape}")
        count = X.shape[0]
        if not issparse(X):
            return np.frombuffer(self.native.answer(X), dtype=np.float64).reshape(count, self.outputs)
        answers, step = np.empty((count, self.outputs)), max(1, VALUES_AT_ONCE // self.features)
        for first in range(0, count, step):
            part = X[first : first + step].toarray()
            answers[first : first + step] = np.frombuffer(self.native.answer(part)).reshape(len(part), -1)
        return answers

    def predict(self, X: Any) -> NDArray[Any]:
        """The names of the classes of rows, or their real values in their own unit.

        Parameters
        ----------
        X : array-like or sparse CSR matrix of shape (rows, features)
            The rows; NaN is taken as the mean of the training rows.

        Returns
        -------
        array of shape (rows,) of str, or (rows, outputs)
        """
        answers = self.answer(X)
        return np.array(self.classes)[answers.argmax(axis=1)] if self.classes else answers

    def tensors(self) -> dict[str, NDArray[Any]]:
        """What the checkpoint holds by name: weights, optimizer state, standardisation.

        Returns
        -------
        dict of str to array
            ``layer{k}.weight`` is of shape (outputs, inputs), ``layer{k}.bias`` of shape (outputs,).
        """
        whole = self.to_bytes()
        length = int.from_bytes(whole[:8], "little")
        header, body = json.loads(whole[8 : 8 + length]), whole[8 + length :]
        dtypes = {"F32": np.float32, "F64": np.float64, "I8": np.int8, "U32": np.uint32, "U64": np.uint64}
        return {
            name: np.frombuffer(body[slice(*entry["data_offsets"])], dtypes[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items()
            if name != "__metadata__"
        }

    def with_tensors(self, named: Mapping[str, ArrayLike]) -> Model:
        """The same network with other weights, such as the mean of those of several devices.

        Parameters
        ----------
        named : mapping of str to array-like
            Weights, biases, ``preprocessing.offset`` and ``preprocessing.scale`` by the names that `tensors` gives them; what is not named
            stays. The network computes in float32.

        Returns
        -------
        Model
        """
        own = self.tensors()
        floats = {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in named.items()}
        for name, values in floats.items():
            if name in own and values.shape != own[name].shape:
                raise ValueError(f"{name!r} has the shape {own[name].shape}, found {values.shape}")
        return Model(self.native.with_values({name: values.tobytes() for name, values in floats.items()}))

    def save(self, path: str | PathLike[str]) -> None:
        """Writes a checkpoint: `openloop eval`, `predict` and `export` read it."""
        self.native.save(path)

    def to_onnx(self, path: str | PathLike[str] | None = None) -> bytes:
        """The network as an ONNX model (opset 17), standardisation included, for every runtime that reads one.

        Its input is ``features``, float32 of shape (rows, features), or float64 where features are far from 0 beside their
        deviation; its outputs are ``probabilities``, ``label`` and ``class``, or ``values``.

        Parameters
        ----------
        path : str or path, default=None
            The file to write as well.

        Returns
        -------
        bytes
        """
        model = self.native.to_onnx()
        if path is not None:
            with open(path, "wb") as file:
                file.write(model)
        return model

    def to_bytes(self) -> bytes:
        """The bytes of the checkpoint."""
        return self.native.checkpoint()


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
