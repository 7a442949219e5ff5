"""The estimators and the command line do the same, to the bit, and read each other's files."""

import json

import numpy as np
import pandas as pd
import pytest
from openloop import OpenloopClassifier, OpenloopRegressor, load
from openloop._native import NativeModel
from openloop._model import Model
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import train_test_split

EPOCHS = 3


def tables(folder, X, y, label):
    """Training and test rows as files, and as frames."""
    parts = train_test_split(X, y, random_state=0)
    frames = [pd.DataFrame(parts[k]).rename(columns=str).add_prefix("f") for k in (0, 1)]
    for frame, targets, name in zip(frames, parts[2:], ["train", "test"]):
        frame.assign(**{label: targets}).to_csv(folder / f"{name}.csv", index=False)
    return frames[0], frames[1], parts[2], parts[3]


def flags(settings):
    return [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", value)]


def classes():
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


def far_from_zero():
    """Features that lose what differs in float32."""
    X, y = classes()
    return X + [5_800_000.3, 0, 0, 0], y


@pytest.mark.parametrize("data", [classes, far_from_zero])
@pytest.mark.parametrize("python, command", [
    ({"hidden_layer_sizes": (16,), "rule": "local-error-learned"}, {"net": "fc16"}),
    ({"net": "fc16 fc8", "rule": "drtp", "solver": "sgd", "learning_rate_init": 0.05, "batch_size": 7},
     {"net": "fc16 fc8", "rule": "drtp", "optimizer": "sgd", "lr": 0.05, "batch": 7}),
    ({"hidden_layer_sizes": (16, 8), "rule": "bp", "dropout": 0.1, "activation": "tanh"},
     {"net": "fc16 fc8", "rule": "bp", "dropout": 0.1, "activation": "tanh"}),
    ({"hidden_layer_sizes": 8, "rule": "dfa", "early_stopping": True, "validation_fraction": 0.2, "n_iter_no_change": 2},
     {"net": "fc8", "rule": "dfa", "validation": 0.2, "patience": 2}),
    ({"hidden_layer_sizes": 8, "rule": "drtp", "arithmetic": "int8"}, {"net": "fc8", "rule": "drtp", "arithmetic": "int8"}),
])
def test_fit_gives_the_bits_of_openloop_train(tmp_path, openloop, data, python, command):
    X, _, y, _ = tables(tmp_path, *data(), "kind")
    model = OpenloopClassifier(max_iter=EPOCHS, random_state=5, **python).fit(X, y)
    same_bits(tmp_path, openloop, model, command, "kind")


def test_a_regression_has_them_too(tmp_path, openloop):
    X, _, y, _ = tables(tmp_path, *load_diabetes(return_X_y=True), "progress")
    model = OpenloopRegressor(hidden_layer_sizes=12, max_iter=EPOCHS, random_state=5).fit(X, y)
    same_bits(tmp_path, openloop, model, {"net": "fc12", "task": "regression"}, "progress")


def same_bits(folder, openloop, model, settings, label):
    common = {"data": "train.csv", "test": "test.csv", "label": label, "epochs": EPOCHS, "seed": 5, "out": "run"}
    openloop("train", *flags(common | settings))
    # the whole run, with the last weights, and not only the best epoch's
    of_command = Model(NativeModel((folder / "run" / "checkpoint.safetensors").read_bytes())).tensors()
    of_python = model.model_.tensors()
    assert of_python.keys() == of_command.keys() and len(of_python) > 5
    for name, values in of_command.items():
        assert values.tobytes() == of_python[name].tobytes(), name


@pytest.mark.parametrize("rule", ["drtp", "local-error-learned", "bp"])
def test_weights_of_rows_are_those_of_the_command_line(tmp_path, openloop, rule):
    X, _, y, _ = tables(tmp_path, *classes(), "kind")
    weights = np.random.default_rng(0).integers(0, 8, len(y)) / 4
    frame = pd.read_csv(tmp_path / "train.csv")
    frame.assign(weight=weights).to_csv(tmp_path / "train.csv", index=False)
    model = OpenloopClassifier(hidden_layer_sizes=8, rule=rule, max_iter=EPOCHS, random_state=5).fit(X, y, sample_weight=weights)
    settings = {"net": "fc8", "rule": rule, "sample_weights": "weight"}
    test = pd.read_csv(tmp_path / "test.csv").assign(weight=1.0)
    test.to_csv(tmp_path / "test.csv", index=False)
    same_bits(tmp_path, openloop, model, settings, "kind")
    same = OpenloopClassifier(hidden_layer_sizes=8, rule=rule, max_iter=EPOCHS, random_state=5).fit(X, y, sample_weight=weights * 8)
    assert (same.predict_proba(X) == model.predict_proba(X)).all()


def test_another_seed_gives_other_bits(tmp_path, openloop):
    X, _, y, _ = tables(tmp_path, *classes(), "kind")
    model = OpenloopClassifier(hidden_layer_sizes=16, max_iter=EPOCHS, random_state=6).fit(X, y)
    with pytest.raises(AssertionError, match="layer0"):
        same_bits(tmp_path, openloop, model, {"net": "fc16"}, "kind")


def test_a_model_of_python_is_tested_by_the_command_line(tmp_path, openloop):
    X, X_test, y, y_test = tables(tmp_path, *classes(), "kind")
    model = OpenloopClassifier(max_iter=20, random_state=0).fit(X, y)
    model.save(tmp_path / "model.safetensors")
    told = json.loads(openloop("eval", "model.safetensors", "--data", "test.csv", "--label", "kind", "--json"))
    assert told["test_error"] == pytest.approx(100 * (1 - model.score(X_test, y_test)))
    assert openloop("predict", "model.safetensors", "test.csv").splitlines()[1].startswith(model.predict(X_test)[0])


def test_a_model_of_the_command_line_answers_in_python(tmp_path, openloop):
    _, X_test, _, y_test = tables(tmp_path, *classes(), "kind")
    told = openloop("train", "--data", "train.csv", "--test", "test.csv", "--epochs", 20, "--out", "run", "--json")
    model = load(tmp_path / "run")
    assert 100 * np.mean(model.predict(X_test) != y_test) == pytest.approx(json.loads(told)["test_error"])
    assert (model.answer(X_test.to_numpy().tolist()) == model.answer(X_test)).all()
    assert (model.answer([[1, 2, 3, 4]]) == model.answer([[1.0, 2, 3, 4]])).all()
    with pytest.raises(ValueError, match=r"rows of 4 features are expected, found an array of shape \(2, 3\)"):
        model.predict(np.zeros((2, 3)))


def test_a_regression_is_told_in_the_unit_of_its_targets_by_both(tmp_path, openloop):
    X, X_test, y, y_test = tables(tmp_path, *load_diabetes(return_X_y=True), "target")
    model = OpenloopRegressor(max_iter=10, random_state=0).fit(X, y)
    model.save(tmp_path / "model.safetensors")
    told = json.loads(openloop("eval", "model.safetensors", "--data", "test.csv", "--json"))
    assert told["test_rmse"] == pytest.approx(np.sqrt(np.mean((model.predict(X_test) - y_test) ** 2)), rel=1e-5)


def test_exit_codes_are_those_of_the_command(openloop):
    assert openloop("--version").startswith("openloop ")
    assert 'did you mean "drtp"' in openloop("train", "--rule", "drtpp", code=2)
    assert "nothing.safetensors" in openloop("eval", "nothing.safetensors", code=1)
