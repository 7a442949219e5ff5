"""Openloop: neural networks that train without feedback.

`OpenloopClassifier` and `OpenloopRegressor` are estimators for scikit-learn. Their hidden layers learn by rules in which
nothing travels back through the network; `rule="bp"` is backpropagation, to compare with.

>>> from sklearn.datasets import load_iris
>>> from openloop import OpenloopClassifier
>>> X, y = load_iris(return_X_y=True)
>>> OpenloopClassifier(random_state=0).fit(X, y).score(X, y) > 0.95
True
"""

from openloop._estimators import OpenloopClassifier, OpenloopRegressor
from openloop._model import load
from openloop._native import __version__

__all__ = ["OpenloopClassifier", "OpenloopRegressor", "__version__", "load"]
