"""Runs spread over a Ray cluster are the runs that they are alone; a search with Optuna finds a model."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from openloop import compare
from openloop.sweep import SweepError, main, sweep
from sklearn.datasets import load_digits, load_iris

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def cluster():
    """A local Ray cluster of two workers."""
    ray = pytest.importorskip("ray")
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {"env_vars": {"PYTHONPATH": paths}}
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=environment)
    yield ray
    ray.shutdown()


def test_a_comparison_on_ray_has_the_errors_that_it_has_alone(cluster):
    data, settings = load_iris(return_X_y=True), {"rules": ["drtp", "bp"], "seeds": 3, "max_iter": 3}
    alone, spread = compare(*data, **settings), compare(*data, **settings, backend="ray")
    assert [(row.rule, row.errors, row.p) for row in spread] == [(row.rule, row.errors, row.p) for row in alone]


def kill_a_worker(name, killed):
    """Kills the first process of Ray that runs the function `name`, once it has done so for a moment."""
    for _ in range(600):
        found = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
        workers = [line.split()[0] for line in found.splitlines() if f"ray::{name}" in line]
        if workers:
            time.sleep(0.2)
            os.kill(int(workers[0]), signal.SIGKILL)
            killed.append(int(workers[0]))
            return
        time.sleep(0.05)


def test_a_worker_that_is_killed_loses_its_run_alone(cluster, tmp_path):
    settings = {"rules": ["drtp"], "seeds": 2, "max_iter": 60, "hidden_layer_sizes": 300}
    data, killed = load_digits(return_X_y=True), []
    killer = threading.Thread(target=kill_a_worker, args=("_trial", killed))
    killer.start()
    spread = compare(*data, **settings, backend="ray", out=tmp_path)
    killer.join()
    assert len(killed) == 1
    assert [row.errors for row in spread] == [row.errors for row in compare(*data, **settings)]
    assert len(list((tmp_path / "cells").glob("*.json"))) == 4


def test_finished_fits_are_found_again_and_damaged_ones_are_not(tmp_path):
    data, settings = load_iris(return_X_y=True), {"rules": ["drtp"], "max_iter": 2, "out": tmp_path}
    compare(*data, **settings, seeds=1)
    kept = sorted((tmp_path / "cells").glob("*.json"))
    assert [path.name.partition("-seed0-")[0] for path in kept] == ["drtp", "shallow"]
    for path, error in zip(kept, [41.0, 43.0]):
        told = json.loads(path.read_text())
        path.write_text(json.dumps(told | {"outcome": {"error": error, "seconds": 1.0}}))
    assert [row.errors[0] for row in compare(*data, **settings, seeds=2)] == [41.0, 43.0]
    kept[0].write_text('{"cell":')
    again = compare(*data, **settings, seeds=1)
    assert again[0].errors[0] != 41.0 and again[1].errors[0] == 43.0
    # other rows are another comparison
    assert compare(data[0] + 1, data[1], **settings, seeds=1)[1].errors[0] != 43.0


def test_another_backend_is_refused():
    with pytest.raises(ValueError, match="backend must be None or one of ray, got 'dask'"):
        compare(*load_iris(return_X_y=True), backend="dask")


COMPARISON = ["compare", "--rules", "drtp,bp", "--trials", "2", "--epochs", "2", "--tune", "2"]


def figures(result):
    """What does not depend on the time."""
    return [(rule["rule"], rule["mean"], rule["settings"]["lr"]) for rule in result["rules"]]


def test_a_sweep_on_ray_makes_the_files_and_numbers_of_the_command(cluster, tmp_path, openloop):
    alone = json.loads(openloop(*COMPARISON, "--threads", 1, "--out", "alone", "--json"))
    spread = sweep(COMPARISON, tmp_path / "spread")
    assert figures(spread) == figures(alone)
    names = [sorted(path.name for path in (tmp_path / folder / "cells").iterdir()) for folder in ("alone", "spread")]
    assert names[0] == names[1] and len(names[0]) == 12
    # all runs are found finished: a file that is gone is the only one that is made again
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "spread" / "cells").iterdir()}
    next(iter(before)).unlink()
    assert figures(sweep(COMPARISON, tmp_path / "spread", backend=None)) == figures(alone)
    changed = [path for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert changed == [next(iter(before))]


@pytest.mark.heavy
def test_a_reproduction_is_swept_too(tmp_path):
    arguments = ["reproduce", "synthetic", "--quick", "--epochs", "1", "--only", "classification"]
    result = sweep(arguments, tmp_path, backend=None)
    rules = result["sections"][0]["comparison"]["rules"]
    assert len(rules) == len(list((tmp_path / "cells").iterdir())) > 3


def test_a_sweep_says_what_the_command_says_of_a_wrong_request(tmp_path):
    with pytest.raises(SweepError, match='did you mean "drtp"') as raised:
        sweep(["compare", "--rules", "drtpp"], tmp_path, backend=None)
    assert raised.value.code == 2
    with pytest.raises(ValueError, match=r"sweep\(\) decides on --threads itself"):
        sweep(["compare", "--threads", "3"], tmp_path)
    assert main(["train", "--out", str(tmp_path)]) == 2


def test_a_trial_before_its_search_and_a_run_that_there_is_not_are_refused(openloop):
    assert "run 1 belongs to the search" in openloop(*COMPARISON, "--out", "run", "--only-run", 7, code=1)
    assert "the runs have the numbers 1 to 12" in openloop(*COMPARISON, "--out", "run", "--only-run", 13, code=2)
    assert "name it with --out DIR" in openloop(*COMPARISON, "--only-run", 1, code=2)


def test_the_search_with_optuna_finds_a_model():
    pytest.importorskip("optuna")
    spec = importlib.util.spec_from_file_location("search_with_optuna", EXAMPLES / "search_with_optuna.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    study, tested = module.search(6)
    assert len(study.trials) == 6 and set(study.best_params) == {"rule", "neurons", "learning_rate"}
    assert tested > 0.9 and np.isfinite(study.best_value)
