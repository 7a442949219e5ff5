"""ONNX models answer in onnxruntime as the network does."""

import json

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from openloop import OpenloopClassifier, OpenloopRegressor, load
from sklearn.datasets import load_diabetes, load_digits, load_iris

ROWS = 1000


def session(model):
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def answers(model, rows):
    return session(model).run(None, {"features": rows})


def digits():
    X, y = load_digits(return_X_y=True)
    return X.astype(np.float32), y


@pytest.mark.parametrize("settings", [
    {"hidden_layer_sizes": (32,)},
    {"hidden_layer_sizes": ()},
    {"hidden_layer_sizes": (32, 16), "rule": "drtp", "activation": "tanh", "dropout": 0.2},
    {"hidden_layer_sizes": (32,), "rule": "bp", "activation": "sigmoid"},
    {"hidden_layer_sizes": (32,), "rule": "bp", "activation": "identity"},
    {"net": "conv6k3s2p1 fc20", "image_shape": (8, 8)},
    {"net": "conv6k3p1 pool2 conv8k2 avgpool3 fc20", "image_shape": (8, 8)},
    {"net": "conv4k2 avgpool2", "image_shape": (2, 8, 4), "activation": "tanh"},
    {"net": "conv6k3p1 norm pool2 conv8k2 norm globalpool fc20", "image_shape": (8, 8), "activation": "lrelu"},
    {"net": "conv6x5p2 norm pool2 conv8x3s2 avgpool2 fc20", "image_shape": (2, 32, 1)},
    {"hidden_layer_sizes": (16,), "early_stopping": True},
], ids=str)
def test_probabilities_are_the_same_for_every_kind_of_network(settings):
    X, y = digits()
    model = OpenloopClassifier(max_iter=3, random_state=0, **settings).fit(X, y)
    probabilities, label, name = answers(model.to_onnx(), X[:ROWS])
    assert np.abs(probabilities - model.predict_proba(X[:ROWS])).max() < 1e-5
    assert (label == model.predict(X[:ROWS])).all() and (name == label.astype(str)).all()


@pytest.mark.parametrize("loss", ["ce", "bce", "mse"])
def test_every_loss_has_its_head(tmp_path, openloop, loss):
    openloop("train", "--loss", loss, "--epochs", 2, "--net", "fc20", "--out", "run")
    openloop("export", "run", "--to", "onnx", "model.onnx")
    X, _ = digits()
    found = answers((tmp_path / "model.onnx").read_bytes(), X[:ROWS])[0]
    assert np.abs(found - load(tmp_path / "run").answer(X[:ROWS])).max() < 1e-5
    assert load(tmp_path / "run").to_onnx() == (tmp_path / "model.onnx").read_bytes()


@pytest.mark.parametrize("net", ["fc24", "fc40 fc20"])
def test_int8_models_answer_with_the_same_bits(net):
    X, y = digits()
    model = OpenloopClassifier(net=net, rule="drtp", arithmetic="int8", max_iter=3, random_state=0).fit(X, y)
    built = model.to_onnx()
    probabilities, label, _ = answers(built, X[:ROWS])
    assert (label == model.predict(X[:ROWS])).all()
    assert (probabilities == model.model_.answer(X[:ROWS]).astype(np.float32)).all()
    assert {"MatMulInteger"} <= {node.op_type for node in onnx.load_from_string(built).graph.node}


@pytest.mark.parametrize("targets", [1, 2])
def test_values_come_in_the_unit_of_the_targets(targets):
    X, y = load_diabetes(return_X_y=True)
    y = 1e9 + (y if targets == 1 else np.column_stack([y, -1e3 * y]))
    model = OpenloopRegressor(max_iter=3, random_state=0).fit(X.astype(np.float32), y)
    [values] = answers(model.to_onnx(), X.astype(np.float32))
    assert values.dtype == np.float64 and values.shape == (len(X), targets)
    assert np.abs((values - model.predict(X.astype(np.float32)).reshape(values.shape)) / y.std(axis=0)).max() < 1e-5


def test_bytes_missing_values_and_features_far_from_zero_are_scaled_inside():
    X, y = digits()
    model = OpenloopClassifier(max_iter=2, random_state=0).fit((X * 15).astype(np.uint8), y)
    found = answers(model.to_onnx(), X * 15)[0]
    assert np.abs(found - model.predict_proba((X * 15).astype(np.uint8))).max() < 1e-5
    X, y = load_iris(return_X_y=True)
    X[:, 0] += 5_800_000.3
    model = OpenloopClassifier(max_iter=5, random_state=0).fit(X, y)
    assert np.abs(answers(model.to_onnx(), X)[0] - model.predict_proba(X)).max() < 1e-5
    X[::3, 1] = np.nan
    assert np.abs(answers(model.to_onnx(), X)[0] - model.model_.answer(X)).max() < 1e-5


def test_columns_of_a_table_are_inputs_by_their_names(tmp_path, openloop):
    random = np.random.default_rng(0)
    colour = random.choice(["red", "green", "blue"], ROWS)
    table = pd.DataFrame({"size": random.normal(size=ROWS), "colour": colour, "whole": random.random(ROWS) > 0.5})
    label = np.where((colour == "red") | (table["size"] > 0), "yes", "no")
    table.assign(label=label).to_csv(tmp_path / "rows.csv", index=False)
    openloop("train", "--data", "rows.csv", "--epochs", 3, "--out", "run")
    openloop("export", "run", "--to", "onnx", "model.onnx")
    told = pd.read_csv(pd.io.common.StringIO(openloop("predict", "run", "rows.csv")))
    column = lambda name, of: table[name].to_numpy().astype(of).reshape(-1, 1)
    feed = {"size": column("size", np.float32), "colour": column("colour", object), "whole": column("whole", np.float32)}
    probabilities, _, names = session((tmp_path / "model.onnx").read_bytes()).run(None, feed)
    assert (names == told.iloc[:, 0]).all()
    assert np.abs(probabilities - told.iloc[:, 1:].to_numpy()).max() < 2e-5


def test_missing_indicators_are_told_from_nan_and_empty_texts(tmp_path, openloop):
    random = np.random.default_rng(1)
    table = pd.DataFrame({"size": random.normal(size=ROWS), "colour": random.choice(["red", "blue"], ROWS)})
    table.loc[::3, "size"] = np.nan
    table.loc[::5, "colour"] = ""
    label = np.where(table["size"].isna() != (table["colour"] == ""), "fault", "fine")
    table.assign(label=label).to_csv(tmp_path / "rows.csv", index=False)
    openloop("train", "--data", "rows.csv", "--missing-indicator", "--epochs", 10, "--out", "run")
    openloop("export", "run", "--to", "onnx", "model.onnx")
    told = pd.read_csv(pd.io.common.StringIO(openloop("predict", "run", "rows.csv")))
    column = lambda name, of: table[name].to_numpy().astype(of).reshape(-1, 1)
    feed = {"size": column("size", np.float32), "colour": column("colour", object)}
    probabilities, _, names = session((tmp_path / "model.onnx").read_bytes()).run(None, feed)
    assert (names == told.iloc[:, 0]).all()
    assert np.abs(probabilities - told.iloc[:, 1:].to_numpy()).max() < 2e-5


def test_dates_and_learning_rates_are_refused_with_words(tmp_path, openloop):
    days = pd.date_range("2026-01-01", periods=50).strftime("%Y-%m-%d")
    pd.DataFrame({"day": days, "label": ["a", "b"] * 25}).to_csv(tmp_path / "rows.csv", index=False)
    openloop("train", "--data", "rows.csv", "--date", "day", "--epochs", 1, "--out", "run")
    assert 'column "day" holds dates' in openloop("export", "run", "--to", "onnx", "model.onnx", code=2)
    assert "does not learn" in openloop("export", "run", "--to", "onnx", "model.onnx", "--lr", 0.1, code=2)
    assert not (tmp_path / "model.onnx").exists()


def test_the_model_says_what_it_is(tmp_path):
    X, y = load_iris(return_X_y=True)
    model = OpenloopClassifier(hidden_layer_sizes=7, max_iter=1, random_state=0).fit(X, np.array(["a", "b", "c"])[y])
    model.to_onnx(tmp_path / "model.onnx")
    built = onnx.load(tmp_path / "model.onnx")
    notes = {note.key: note.value for note in built.metadata_props}
    assert notes["net"] == "fc7" and notes["classes"] == "a\nb\nc" and notes["rule"] == "local-error-learned"
    assert {opset.domain: opset.version for opset in built.opset_import} == {"": 17, "ai.onnx.ml": 3}
