"""Rows in any container give the same answers, and large ones are not copied."""

import subprocess
import sys
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
    X = np.empty((60_000, 784), dtype=sys.argv[1])
    random.random(out=X, dtype=X.dtype)
    small = X[:2_000].copy()
y = random.integers(10, size=X.shape[0])
fit(small, y[:2_000])
before = peak()
fit(X, y)
print(peak() - before)
"""


@pytest.mark.parametrize("kind", ["float32", "float64", "sparse"])
def test_learning_from_an_array_of_the_size_of_mnist_takes_at_most_10_mb_beside_it(kind):
    done = subprocess.run([sys.executable, "-c", MEMORY, kind], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 10, done.stdout
