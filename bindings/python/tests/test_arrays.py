"""Rows in any container give the same answers, and large ones are not copied."""

import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from openloop import OpenloopClassifier
from scipy import sparse
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split


@pytest.mark.parametrize("convert", [
    lambda X: X.astype(np.float32),
    lambda X: X.astype(">f8"),
    lambda X: X.astype(object),
    np.asfortranarray,
    lambda X: np.asfortranarray(X.astype(np.float32)),
    lambda X: X[:, ::-1].copy()[:, ::-1],
    lambda X: np.repeat(X, 2, axis=0)[::2],
    lambda X: X.tolist(),
    pd.DataFrame,
    pytest.param(lambda X: pytest.importorskip("polars").DataFrame(X), id="polars"),
    pytest.param(lambda X: pytest.importorskip("pyarrow").table({str(k): X[:, k] for k in range(X.shape[1])}), id="pyarrow"),
])
def test_rows_in_any_container_give_the_same_answers(convert):
    X, X_test, y, _ = train_test_split(*load_iris(return_X_y=True), random_state=0)
    # numbers that both float types hold
    X, X_test = np.round(X * 4) / 4, np.round(X_test * 4) / 4
    plain = OpenloopClassifier(max_iter=5, random_state=0).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = OpenloopClassifier(max_iter=5, random_state=0).fit(convert(X), y)
        assert (plain.predict_proba(X_test) == other.predict_proba(convert(X_test))).all()


def test_whole_numbers_are_not_rounded_to_float32():
    X = np.array([[16_777_216], [16_777_217]] * 20)
    model = OpenloopClassifier(random_state=0).fit(X, [0, 1] * 20)
    assert list(model.predict(X[:2])) == [0, 1]


@pytest.mark.parametrize("of", [sparse.csr_matrix, sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_sparse_rows_are_learned_as_dense_ones(of):
    X, y = load_digits(return_X_y=True)
    dense = OpenloopClassifier(rule="drtp", max_iter=5, random_state=0).fit(X, y)
    compressed = OpenloopClassifier(rule="drtp", max_iter=5, random_state=0).fit(of(X), y)
    assert (dense.predict_proba(X) == compressed.predict_proba(of(X))).all()
    assert (dense.predict_proba(X) == compressed.predict_proba(X)).all()


def test_sparse_rows_are_held_back_and_go_on_too():
    X, y = load_digits(return_X_y=True)
    X = sparse.csr_array(X)
    model = OpenloopClassifier(early_stopping=True, max_iter=5, random_state=0).fit(X, y)
    assert model.best_validation_score_ > 0.9
    model = OpenloopClassifier(random_state=0)
    for _ in range(5):
        model.partial_fit(X, y, classes=range(10))
    assert model.score(X, y) > 0.9


def test_bytes_are_taken_as_images_and_not_widened():
    X, y = load_digits(return_X_y=True)
    model = OpenloopClassifier(max_iter=10, random_state=0).fit((X * 15).astype(np.uint8), y)
    assert model.score((X * 15).astype(np.uint8), y) > 0.95


def test_other_threads_run_while_a_network_learns():
    random = np.random.default_rng(0)
    X, y = random.random((20_000, 200), dtype=np.float32), random.integers(10, size=20_000)
    fit = lambda: OpenloopClassifier(hidden_layer_sizes=300, rule="drtp", max_iter=1).fit(X, y)
    learning = threading.Thread(target=fit)
    started = last = time.perf_counter()
    longest = 0
    learning.start()
    while learning.is_alive():
        time.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert longest < (last - started) / 3, (longest, last - started)


MEMORY = """
import resource
import sys
import numpy as np
from scipy import sparse
from openloop import OpenloopClassifier

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
random = np.random.default_rng(0)
fit = lambda X, y: OpenloopClassifier(max_iter=1, rule="drtp", random_state=0).fit(X, y).predict_proba(X[:2000])
if sys.argv[1] == "sparse":
    rows = lambda count: sparse.random(count, 4000, density=0.001, format="csr", dtype=np.float32, random_state=0)
    X, small = rows(10_000), rows(2_000)
else:
    X = np.empty((60_000, 784), dtype=sys.argv[1] if sys.argv[1].startswith("float") else "float32")
    random.random(out=X, dtype=X.dtype)
    small = X[:2_000].copy()
if sys.argv[1] in ("pandas", "polars"):
    frame = __import__(sys.argv[1]).DataFrame
    X, small = frame(X), frame(small)
y = random.integers(10, size=X.shape[0])
fit(small, y[:2_000])
before = peak()
fit(X, y)
print(peak() - before)
"""


def megabytes_beside(kind):
    done = subprocess.run([sys.executable, "-c", MEMORY, kind], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.parametrize("kind", ["float32", "float64", "sparse"])
def test_learning_from_an_array_of_the_size_of_mnist_takes_at_most_10_mb_beside_it(kind):
    assert megabytes_beside(kind) < 10


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_frame_becomes_one_array_block_by_block(kind):
    pytest.importorskip(kind)
    array = 60_000 * 784 * 4 / 2**20
    assert megabytes_beside(kind) < array + 60


def test_a_large_frame_gives_the_answers_of_its_array_and_is_checked_like_it():
    random = np.random.default_rng(0)
    X, y = random.random((50_000, 50)).round(3), random.integers(3, size=50_000)
    frame = pd.DataFrame(X, columns=[f"f{k}" for k in range(50)], index=random.random(50_000))
    fit = lambda X: OpenloopClassifier(hidden_layer_sizes=5, rule="drtp", max_iter=1, random_state=0).fit(X, y)
    model = fit(frame)
    assert (model.predict_proba(frame) == fit(X).predict_proba(X)).all() and model.feature_names_in_[3] == "f3"
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={"f3": "g"}))
    with pytest.raises(ValueError, match="inconsistent numbers"):
        fit(frame.iloc[:-1])
    frame.iloc[-1, -1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        fit(frame)
