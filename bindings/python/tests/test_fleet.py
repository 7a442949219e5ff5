"""Devices that learn one network together: what they agree on, and a small fleet under Flower."""

import importlib
import os
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from openloop import OpenloopClassifier, load
from openloop.fleet import Moments, Plan, client_app, mean_of_devices, mean_of_rows, parameters, server_app
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split

PLAN = Plan(features=4, classes=("setosa", "versicolor", "virginica"), hidden_layer_sizes=(8,), learning_rate=0.01, epochs=3)


def flowers():
    X, y = load_iris(return_X_y=True)
    return X, np.array(PLAN.classes)[y]


def test_moments_of_devices_joined_are_those_of_all_rows():
    X, _ = flowers()
    parts = [Moments.of(X[:7]), Moments.of(X[7:60]), Moments.of(X[60:])]
    joined, whole = Moments.joined(parts), Moments.of(X)
    assert joined.rows == 150
    np.testing.assert_allclose(joined.mean, X.mean(axis=0))
    np.testing.assert_allclose(joined.standardisation()[1], 1 / X.std(axis=0), rtol=1e-6)
    np.testing.assert_allclose(joined.squares, whole.squares)
    assert (Moments.of(np.ones((3, 2))).standardisation()[1] == 1).all()


def test_a_fleet_of_one_learns_what_the_device_learns_alone():
    X, y = flowers()
    alone = OpenloopClassifier((8,), rule="drtp", learning_rate_init=0.01, batch_size=10, random_state=0)
    for _ in range(3):
        alone.partial_fit(X, y, classes=PLAN.classes)
    found = parameters(PLAN.learn(PLAN.start(Moments.of(X)), X, y))
    for name, values in parameters(alone.model_).items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-5, err_msg=name)


def mean(models, weights):
    found = [parameters(model) for model in models]
    return {name: np.average([one[name] for one in found], axis=0, weights=weights) for name in found[0]}


def test_a_mean_of_weights_answers_where_the_feedback_is_shared():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    plan = Plan(64, tuple(range(10)), (32, 32), epochs=4)
    start = plan.start(Moments.of(X))

    def averaged(plans):
        models, given = [start] * 4, start
        for _ in range(4):
            mean_now = given
            models = [
                own.learn(own.start(Moments.of(X)).with_tensors(parameters(mean_now)), X[k::4], y[k::4])
                for k, own in enumerate(plans)
            ]
            given = start.with_tensors(mean(models, None))
        return plan.classifier(given).score(X_test, y_test)

    shared, each_own = averaged([plan] * 4), averaged([replace(plan, seed=k) for k in range(4)])
    assert shared > 0.9 and shared > each_own + 0.05


def test_a_blob_of_a_board_is_an_update(tmp_path, openloop):
    X, y = flowers()
    learned = PLAN.learn(PLAN.start(Moments.of(X)), X, y)
    learned.save(tmp_path / "board.safetensors")
    openloop("export", "board.safetensors", "--to", "device", "board.blob")
    board = load(tmp_path / "board.blob")
    assert parameters(board).keys() == parameters(learned).keys()
    start = PLAN.start(Moments.of(X))
    again = start.with_tensors(parameters(board))
    assert (again.answer(X) == learned.answer(X)).all() and (again.answer(X) != start.answer(X)).any()


def test_other_weights_are_checked():
    start = PLAN.start(Moments.of(flowers()[0]))
    with pytest.raises(ValueError, match=r"'layer0.bias' has the shape \(8,\), found \(3,\)"):
        start.with_tensors({"layer0.bias": np.zeros(3)})
    with pytest.raises(ValueError, match='"layer7.bias" is none of its weights'):
        start.with_tensors({"layer7.bias": np.zeros(3)})
    int8 = OpenloopClassifier(8, rule="drtp", arithmetic="int8", max_iter=1).fit(*flowers())
    with pytest.raises(ValueError, match="a fleet needs float32"):
        parameters(int8.model_)
    with pytest.raises(ValueError, match="8-bit integers"):
        int8.model_.with_tensors({"preprocessing.scale": np.ones(4)})


@pytest.fixture
def simulate(monkeypatch):
    """Runs a fleet under Flower's simulation; gives the fleet's network and Flower's result."""
    pytest.importorskip("flwr")
    monkeypatch.setenv("FLWR_TELEMETRY_ENABLED", "0")
    # workers of Ray import what this process imports
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*filter(None, sys.path)]))

    def run(client, strategy, devices, rounds=2):
        from flwr.simulation import run_simulation

        found = []
        server = server_app(PLAN, strategy, rounds, devices, done=lambda model, result, context: found.append((model, result)))
        settings = {"client_resources": {"num_cpus": 1}, "init_args": {"num_cpus": 2, "include_dashboard": False}}
        run_simulation(server, client, num_supernodes=devices, backend_config=settings)
        return found[0]

    return run


SIZES = [60, 30, 45, 15]


def rows_of(number):
    X, y = flowers()
    order = np.random.default_rng(0).permutation(150)
    own = np.split(order, np.cumsum(SIZES))[number]
    return X[own], y[own]


def by_hand(strategy_weights, rounds=2):
    """Federated averaging, written out."""
    model = PLAN.start(Moments.joined([Moments.of(rows_of(k)[0]) for k in range(4)]))
    for _ in range(rounds):
        model = model.with_tensors(mean([PLAN.learn(model, *rows_of(k)) for k in range(4)], strategy_weights))
    return model


def test_a_small_fleet_under_flower_learns_the_mean_by_rows(simulate):
    model, result = simulate(client_app(PLAN, rows_of, tested_rows_of=rows_of), mean_of_rows(), devices=4)
    expected = by_hand(SIZES)
    for name, values in parameters(expected).items():
        np.testing.assert_allclose(parameters(model)[name], values, rtol=1e-3, atol=1e-4, err_msg=name)
    own = [PLAN.classifier(model).score(*rows_of(k)) for k in range(4)]
    told = result.evaluate_metrics_clientapp[2]["accuracy"]
    assert told == pytest.approx(np.average(own, weights=SIZES), abs=0.02) and told > 0.6


@pytest.mark.heavy
def test_every_device_counts_the_same_where_that_is_asked_for_and_a_board_gives_its_blob(simulate, tmp_path, openloop):
    for k in range(4):
        PLAN.learn(PLAN.start(Moments.of(rows_of(k)[0])), *rows_of(k)).save(tmp_path / f"{k}.safetensors")
        openloop("export", f"{k}.safetensors", "--to", "device", f"{k}.blob")
    boards = [str(tmp_path / f"{k}.blob") for k in range(4)]
    client = client_app(PLAN, rows_of, learn=lambda model, number: load(boards[number]))
    model, _ = simulate(client, mean_of_devices(fraction_evaluate=0.0), devices=4, rounds=1)
    for name, values in mean([load(path) for path in boards], None).items():
        np.testing.assert_allclose(parameters(model)[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


def example(name):
    """A part of the Flower app among the examples, as its `pyproject.toml` names it."""
    folder = Path(__file__).parents[1] / "examples" / "fleet"
    sys.path.insert(0, str(folder))
    try:
        components = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["flwr"]["app"]
        return importlib.import_module(components["components"][name].split(":")[0]), components["config"]
    finally:
        sys.path.remove(str(folder))


def test_the_example_app_has_a_client_a_server_and_devices_that_together_know_all_digits():
    client, config = example("clientapp")
    server, _ = example("serverapp")
    assert type(client.app).__name__ == "ClientApp" and type(server.app).__name__ == "ServerApp"
    told = [client.rows_of(device) for device in range(config["num-devices"])]
    assert all(len(np.unique(y)) == 4 for _, y in told) and len(np.unique(np.concatenate([y for _, y in told]))) == 10
    plan = client.PLAN
    model = plan.start(Moments.joined([Moments.of(X) for X, _ in told]))
    for _ in range(config["num-server-rounds"]):
        model = model.with_tensors(mean([plan.learn(model, X, y) for X, y in told], [len(y) for _, y in told]))
    assert plan.classifier(model).score(*server.tested_rows()) > 0.85


def test_a_server_without_a_number_of_rounds_says_where_to_give_it():
    from openloop.fleet import _configured

    assert _configured(SimpleNamespace(run_config={"num-server-rounds": 3}), "num-server-rounds", None) == 3
    assert _configured(SimpleNamespace(run_config={}), "num-server-rounds", 2) == 2
    with pytest.raises(ValueError, match="num-server-rounds is None .*tool.flwr.app.config"):
        _configured(SimpleNamespace(run_config={}), "num-server-rounds", None)
