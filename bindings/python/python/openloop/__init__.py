"""Openloop: neural networks that train without feedback.

`OpenloopClassifier` and `OpenloopRegressor` are estimators for scikit-learn. Their hidden layers learn by rules in which
nothing travels back through the network; `rule="bp"` is backpropagation, to compare with. `OpenloopStreamClassifier` and
`OpenloopStreamRegressor` learn row by row from dicts, as river's models do.

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
    from openloop import pictures
    from openloop._compare import Comparison, compare
    from openloop._estimators import OpenloopClassifier, OpenloopRegressor
    from openloop._model import Model, load
    from openloop._rule import Rule
    from openloop._stream import OpenloopStreamClassifier, OpenloopStreamRegressor

# imported when they are asked for: the command line needs none of them, and scikit-learn takes a second
_PLACES = {
    "Comparison": "_compare",
    "Model": "_model",
    "OpenloopClassifier": "_estimators",
    "OpenloopRegressor": "_estimators",
    "OpenloopStreamClassifier": "_stream",
    "OpenloopStreamRegressor": "_stream",
    "Rule": "_rule",
    "compare": "_compare",
    "load": "_model",
}

__all__ = [
    "Comparison",
    "Model",
    "OpenloopClassifier",
    "OpenloopRegressor",
    "OpenloopStreamClassifier",
    "OpenloopStreamRegressor",
    "Rule",
    "__version__",
    "compare",
    "load",
    "pictures",
]


def __getattr__(name: str) -> Any:
    if name == "pictures":
        return import_module("openloop.pictures")
    if name not in _PLACES:
        raise AttributeError(f"module 'openloop' has no attribute {name!r}")
    return getattr(import_module(f"openloop.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
