"""The estimators keep scikit-learn's promises, and their own."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from openloop import OpenloopClassifier, OpenloopRegressor, load
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

# Rows that are repeated come in another order than rows that are weighted, and so learning takes another course.
ORDER_MATTERS = {
    "check_sample_weight_equivalence_on_dense_data": "learning goes row by row, so the order of the rows matters"
}


def iris():
    return train_test_split(*load_iris(return_X_y=True), random_state=0)


@pytest.mark.parametrize("estimator", [OpenloopClassifier(random_state=0), OpenloopRegressor(random_state=0)])
def test_every_check_of_scikit_learn_passes_but_that_on_the_order_of_rows(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, expected_failed_checks=ORDER_MATTERS, on_fail=None)
    assert {result["check_name"] for result in results if result["status"] in ("failed", "error")} == set()
    assert len(results) > 50


def test_the_digits_are_learned_by_every_kind_of_rule():
    X, X_test, y, y_test = train_test_split(*load_digits(return_X_y=True), random_state=0)
    for rule in ["drtp", "dfa", "local-error", "local-error-learned", "local-hinge", "bp"]:
        model = OpenloopClassifier(rule=rule, max_iter=15, random_state=0).fit(X, y)
        assert model.score(X_test, y_test) > 0.93, rule


def test_it_works_in_pipelines_searches_and_calibration():
    X, X_test, y, y_test = iris()
    pipeline = make_pipeline(StandardScaler(), OpenloopClassifier(max_iter=20, random_state=0))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9
    grid = {"openloopclassifier__rule": ["drtp", "bp"], "openloopclassifier__learning_rate_init": [1e-3, 1e-2]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.score(X_test, y_test) > 0.9
    calibrated = CalibratedClassifierCV(OpenloopClassifier(max_iter=20, random_state=0), cv=3).fit(X, y)
    assert np.allclose(calibrated.predict_proba(X_test).sum(axis=1), 1)


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads_and_another_seed_does_not():
    X, X_test, y, _ = iris()
    proba = lambda **more: OpenloopClassifier(max_iter=5, **more).fit(X, y).predict_proba(X_test)
    one = proba(random_state=3)
    assert (one == proba(random_state=3, n_jobs=2)).all()
    assert (one != proba(random_state=4)).any()


@pytest.mark.parametrize("convert", [
    lambda X: X.astype(np.float32),
    np.asfortranarray,
    lambda X: X[:, ::-1].copy()[:, ::-1],
    lambda X: X.tolist(),
    pd.DataFrame,
    pytest.param(lambda X: pytest.importorskip("polars").DataFrame(X), id="polars"),
    pytest.param(lambda X: pytest.importorskip("pyarrow").table({str(k): X[:, k] for k in range(X.shape[1])}), id="pyarrow"),
])
def test_rows_in_any_container_give_the_same_answers(convert):
    X, X_test, y, _ = iris()
    plain = OpenloopClassifier(max_iter=5, random_state=0).fit(X.astype(np.float32), y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = OpenloopClassifier(max_iter=5, random_state=0).fit(convert(X), y)
        assert (plain.predict_proba(X_test.astype(np.float32)) == other.predict_proba(convert(X_test))).all()


def test_bytes_are_taken_as_images_and_not_widened():
    X, y = load_digits(return_X_y=True)
    model = OpenloopClassifier(max_iter=10, random_state=0).fit((X * 15).astype(np.uint8), y)
    assert model.score((X * 15).astype(np.uint8), y) > 0.95


def test_pickles_files_and_clones_answer_alike(tmp_path):
    X, X_test, y, _ = iris()
    model = OpenloopClassifier(max_iter=5, random_state=0).fit(X, y)
    expected = model.predict_proba(X_test)
    assert (pickle.loads(pickle.dumps(model)).predict_proba(X_test) == expected).all()
    model.save(tmp_path / "iris.safetensors")
    answers = load(tmp_path / "iris.safetensors").answer(np.ascontiguousarray(X_test))
    assert np.allclose(answers, expected, atol=1e-6)
    assert (clone(model).fit(X, y).predict_proba(X_test) == expected).all()


def test_a_regression_answers_in_the_unit_of_its_targets():
    X, X_test, y, y_test = train_test_split(*load_diabetes(return_X_y=True), random_state=0)
    for rule in ["local-error-learned", "dfa", "bp"]:
        model = OpenloopRegressor(rule=rule, max_iter=30, random_state=0).fit(X, 1e6 * y + 1e9)
        assert model.score(X_test, 1e6 * y_test + 1e9) > 0.2, rule
    two = OpenloopRegressor(max_iter=30, random_state=0).fit(X, np.column_stack([y, -y]))
    assert two.predict(X_test).shape == (len(X_test), 2)
    assert two.score(X_test, np.column_stack([y_test, -y_test])) > 0.2


def test_early_stopping_keeps_the_epoch_that_was_best_on_the_rows_held_back():
    X, _, y, _ = train_test_split(*load_digits(return_X_y=True), random_state=0)
    model = OpenloopClassifier(early_stopping=True, n_iter_no_change=3, max_iter=200, random_state=0).fit(X, y)
    assert model.n_iter_ < 200 and len(model.validation_scores_) == model.n_iter_
    assert np.argmax(model.validation_scores_) == model.n_iter_ - 4


def test_a_warm_start_goes_on_from_the_weights_it_has():
    X, _, y, _ = iris()
    model = OpenloopClassifier(max_iter=5, warm_start=True, random_state=0).fit(X, y)
    first = model.loss_
    assert model.fit(X, y).loss_ < first


def test_weights_make_rare_classes_count():
    random = np.random.default_rng(0)
    X = np.concatenate([random.normal(0, 1, (300, 2)), random.normal(1.2, 1, (15, 2))])
    y = np.repeat([0, 1], [300, 15])
    recall = lambda **more: OpenloopClassifier(max_iter=20, random_state=0, **more).fit(X, y).predict(X[y == 1]).mean()
    assert recall(class_weight="balanced") > recall() + 0.2
    weighted = OpenloopClassifier(max_iter=20, random_state=0).fit(X, y, sample_weight=np.where(y == 1, 20, 1))
    assert weighted.predict(X[y == 1]).mean() > recall() + 0.2


@pytest.mark.parametrize("arguments, words", [
    ({"rule": "drpt"}, "drpt"),
    ({"hidden_layer_sizes": (0,)}, "positive whole numbers"),
    ({"net": "fc"}, "fc"),
    ({"solver": "lbfgs"}, "solver"),
    ({"learning_rate_init": -1.0}, "lr"),
    ({"max_iter": 0}, "epochs"),
])
def test_a_wrong_parameter_is_a_value_error_that_names_it(arguments, words):
    X, _, y, _ = iris()
    with pytest.raises(ValueError, match=words):
        OpenloopClassifier(**arguments).fit(X, y)


def test_rules_that_need_classes_are_refused_for_a_regression():
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ValueError, match="class labels"):
        OpenloopRegressor(rule="drtp").fit(X, y)


def test_a_file_that_is_no_model_is_a_value_error_and_a_missing_one_an_os_error(tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    with pytest.raises(ValueError, match="not a usable checkpoint"):
        load(tmp_path / "x")
    with pytest.raises(OSError):
        load(tmp_path / "missing")
