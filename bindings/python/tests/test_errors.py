"""What goes wrong becomes the exception that scikit-learn's users expect, in the words of the command line."""

import numpy as np
import pytest
from openloop import OpenloopClassifier, OpenloopRegressor, load
from openloop._native import NativeModel, Training, _panic
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError


def iris():
    return load_iris(return_X_y=True)


def test_a_panic_is_a_runtime_error():
    with pytest.raises(RuntimeError, match="should be reported: the words"):
        _panic("the words")


@pytest.mark.parametrize("arguments, words", [
    ({"rule": "drpt"}, 'unknown rule "drpt"; did you mean "drtp"'),
    ({"hidden_layer_sizes": (0,)}, "positive whole numbers"),
    ({"net": "fc"}, "fc"),
    ({"net": "conv4k3", "image_shape": (3, 3)}, r"image_shape \(1, 3, 3\) is 9 values, and a row has 4"),
    ({"image_shape": (4,)}, "image_shape"),
    ({"solver": "lbfgs"}, "solver"),
    ({"learning_rate_init": -1.0}, "lr"),
    ({"max_iter": 0}, "epochs"),
    ({"n_iter_no_change": 0}, "n_iter_no_change"),
    ({"early_stopping": True, "validation_fraction": 1e-9}, "validation"),
    ({"arithmetic": "int8", "rule": "fa"}, "int8"),
])
def test_a_wrong_parameter_is_a_value_error_that_names_it(arguments, words):
    with pytest.raises(ValueError, match=words):
        OpenloopClassifier(**arguments).fit(*iris())


def test_rules_that_need_classes_are_refused_for_a_regression():
    with pytest.raises(ValueError, match="class labels"):
        OpenloopRegressor(rule="drtp").fit(*load_diabetes(return_X_y=True))


def test_rows_that_cannot_be_used_are_value_errors():
    X, y = iris()
    model = OpenloopClassifier(max_iter=1).fit(X, y)
    holes = X.copy()
    holes[3, 2] = np.nan
    for refused, words in [(holes, "NaN"), (X[:, :3], "3 features"), (X[0], "2D array"), (np.full(X.shape, "a"), "could not convert")]:
        with pytest.raises(ValueError, match=words):
            model.predict(refused)
    with pytest.raises(ValueError, match="could not convert"):
        OpenloopClassifier().fit(np.array([["a", 1], ["b", 2]], dtype=object), [0, 1])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        OpenloopClassifier().fit(X, y[:-1])
    with pytest.raises(NotFittedError):
        OpenloopClassifier().predict(X)


def test_numbers_that_run_away_are_a_floating_point_error():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(FloatingPointError, match="training diverged in epoch"):
        OpenloopRegressor(rule="bp", solver="sgd", learning_rate_init=1e6, activation="identity").fit(X, y)


def test_a_file_that_is_no_model_is_a_value_error_and_a_missing_one_an_os_error(tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    with pytest.raises(ValueError, match="not a usable checkpoint"):
        load(tmp_path / "x")
    with pytest.raises(OSError, match="missing"):
        load(tmp_path / "missing")
    with pytest.raises(OSError):
        OpenloopClassifier(max_iter=1).fit(*iris()).save(tmp_path / "no" / "folder")


def test_a_model_of_another_version_is_a_value_error_that_says_so(tmp_path):
    OpenloopClassifier(max_iter=1).fit(*iris()).save(tmp_path / "model")
    newer = (tmp_path / "model").read_bytes().replace(rb'\"format\":1,', rb'\"format\":7,')
    (tmp_path / "newer").write_bytes(newer)
    with pytest.raises(ValueError, match="its format is version 7, but this program reads version 1"):
        load(tmp_path / "newer")


def test_the_native_part_refuses_arrays_of_another_kind():
    with pytest.raises(TypeError, match="float32, float64 or uint8"):
        OpenloopClassifier(max_iter=1).fit(*iris()).model_.native.answer(np.zeros((2, 4), dtype=np.int16))
    with pytest.raises(ValueError, match="missing field"):
        Training("{}", np.zeros((2, 2)), np.zeros(2, dtype=np.uint32))
    with pytest.raises(ValueError, match="safetensors"):
        NativeModel(b"nothing")
