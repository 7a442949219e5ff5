"""A rule of one's own takes the place of a built-in one, and does what that does if it is written in it."""

import pickle

import numpy as np
import pytest
from openloop import OpenloopClassifier, OpenloopRegressor, Rule
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits

X, Y = load_digits(return_X_y=True)


def softmax(values):
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def local_error(readout, targets):
    return softmax(readout) - targets


def hinge(readout, targets):
    """The built-in local-hinge: the row of the strongest rival less that of the class, unless it is 3 behind."""
    rivals = np.where(targets == 1, -np.inf, readout)
    open_ = rivals.max(axis=1) - readout[targets == 1] > -3
    return open_[:, None] * (np.eye(readout.shape[1])[rivals.argmax(axis=1)] - targets)


def learned(rule, **more):
    settings = {"hidden_layer_sizes": (30, 20), "max_iter": 3, "activation": "tanh", "random_state": 0, "learning_rate_init": 1e-3}
    return OpenloopClassifier(rule=rule, **settings | more).fit(X, Y)


@pytest.mark.parametrize("own, built_in", [
    (Rule(lambda y, t: y - t, of="output"), "dfa"),
    (Rule(lambda y, t: np.sign(y - t), of="output"), "sdfa"),
    (hinge, "local-hinge"),
    (local_error, "local-error"),
    (Rule(local_error, of="learned readout"), "local-error-learned"),
])
def test_a_built_in_rule_written_as_a_function_learns_the_same(own, built_in):
    found, expected = learned(own), learned(built_in)
    assert np.abs(found.predict_proba(X) - expected.predict_proba(X)).max() < 2e-3
    assert (learned(own).predict_proba(X) == found.predict_proba(X)).all(), "the same bits each time"


def test_what_needs_no_exponential_has_the_same_bits_on_any_number_of_threads():
    own = Rule(lambda y, t: y - t, of="output")
    assert (learned(own).predict_proba(X) == learned("dfa").predict_proba(X)).all()
    assert (learned(own, n_jobs=2).predict_proba(X) == learned("dfa").predict_proba(X)).all()


def test_another_function_learns_something_else():
    none = learned(lambda readout, targets: 0 * readout)
    assert (none.predict_proba(X) == learned("shallow").predict_proba(X)).all()
    assert (learned(local_error).predict_proba(X) != none.predict_proba(X)).any()


def test_values_are_learned_too():
    rows, values = load_diabetes(return_X_y=True)
    fit = lambda rule: OpenloopRegressor(rule=rule, max_iter=3, random_state=0).fit(rows, values).predict(rows)
    assert (fit(Rule(lambda y, t: y - t, of="output")) == fit("dfa")).all()


@pytest.mark.parametrize("rule, error, words", [
    (lambda readout, targets: 1 / 0, ZeroDivisionError, "division"),
    (lambda readout, targets: readout[:1, :2], ValueError, r"shape \(1, 2\) for values of shape"),
    (lambda readout: readout, TypeError, "positional"),
])
def test_what_the_function_raises_is_raised_by_fit(rule, error, words):
    with pytest.raises(error, match=words):
        learned(rule)


def test_what_a_function_cannot_be_is_refused():
    with pytest.raises(ValueError, match="learned readout"):
        Rule(local_error, of="input")
    with pytest.raises(ValueError, match="float32"):
        learned(local_error, arithmetic="int8")


def test_it_is_cloned_and_pickled_and_goes_on():
    model = learned(Rule(local_error))
    again = clone(model).fit(X, Y)
    assert (pickle.loads(pickle.dumps(again)).predict_proba(X) == model.predict_proba(X)).all()
    before = model.loss_
    assert model.partial_fit(X, Y, classes=range(10)).loss_ < before
