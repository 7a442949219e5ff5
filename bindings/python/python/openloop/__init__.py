"""Openloop: neural networks that train without feedback.

`OpenloopClassifier` and `OpenloopRegressor` are estimators for scikit-learn. Their hidden layers learn by rules in which
nothing travels back through the network; `rule="bp"` is backpropagation, to compare with.

>>> from sklearn.datasets import load_iris
>>> from openloop import OpenloopClassifier
>>> X, y = load_iris(return_X_y=True)
>>> OpenloopClassifier(random_state=0).fit(X, y).score(X, y) > 0.95
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from openloop._native import __version__

if TYPE_CHECKING:
    from openloop._estimators import OpenloopClassifier, OpenloopRegressor
    from openloop._model import Model, load

# imported when they are asked for: the command line needs none of them, and scikit-learn takes a second
_PLACES = {
    "Model": "_model",
    "OpenloopClassifier": "_estimators",
    "OpenloopRegressor": "_estimators",
    "load": "_model",
}

__all__ = [
    "Model",
    "OpenloopClassifier",
    "OpenloopRegressor",
    "__version__",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'openloop' has no attribute {name!r}")
    return getattr(import_module(f"openloop.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
