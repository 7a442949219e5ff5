"""The estimators keep scikit-learn's promises, and their own."""

import pickle
import signal
import threading
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from openloop import OpenloopClassifier, OpenloopRegressor, load
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

# Rows that are repeated come in another order than rows that are weighted, and so learning takes another course. scikit-learn tests its
# own MLPClassifier by lbfgs alone for this reason: adam and sgd do not pass.
ORDER_MATTERS = {
    f"check_sample_weight_equivalence_on_{kind}_data": "learning goes row by row, so the order of the rows matters"
    for kind in ("dense", "sparse")
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
    pipeline = make_pipeline(StandardScaler(), OpenloopClassifier(random_state=0))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9
    grid = {"openloopclassifier__rule": ["drtp", "bp"], "openloopclassifier__learning_rate_init": [1e-3, 1e-2]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.score(X_test, y_test) > 0.9
    calibrated = CalibratedClassifierCV(OpenloopClassifier(random_state=0), cv=3).fit(X, y)
    assert np.allclose(calibrated.predict_proba(X_test).sum(axis=1), 1)


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads_and_another_seed_does_not():
    X, X_test, y, _ = iris()
    proba = lambda **more: OpenloopClassifier(max_iter=5, **more).fit(X, y).predict_proba(X_test)
    one = proba(random_state=3)
    assert (one == proba(random_state=3, n_jobs=2)).all()
    assert (one != proba(random_state=4)).any()


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
    assert model.validation_scores_[-4] == model.best_validation_score_ == max(model.validation_scores_)


def test_a_warm_start_goes_on_from_the_weights_it_has():
    X, _, y, _ = iris()
    model = OpenloopClassifier(max_iter=5, warm_start=True, random_state=0).fit(X, y)
    first = model.loss_
    assert model.fit(X, y).loss_ < first


def test_partial_fit_goes_on_as_if_one_run_had_not_been_interrupted():
    X, X_test, y, y_test = iris()
    model = OpenloopClassifier(random_state=0, batch_size=10)
    losses = [model.partial_fit(X, y, classes=[0, 1, 2]).loss_ for _ in range(20)]
    assert losses == model.loss_curve_ and losses[-1] < losses[0] / 2 and model.n_iter_ == 20
    once = OpenloopClassifier(random_state=0, batch_size=10, max_iter=20).fit(X, y)
    assert (model.predict_proba(X_test) == once.predict_proba(X_test)).all()


def test_partial_fit_learns_from_rows_in_pieces_and_from_classes_that_come_late():
    X, X_test, y, y_test = iris()
    model = OpenloopClassifier(random_state=0)
    for _ in range(30):
        for label in [0, 1, 2]:
            for rows in np.array_split(np.flatnonzero(y != label), 3):
                model.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert model.score(X_test, y_test) > 0.85
    with pytest.raises(ValueError, match="the class 7, which is not among"):
        model.partial_fit(X[:2], [0, 7])
    with pytest.raises(ValueError, match="needs classes"):
        OpenloopClassifier().partial_fit(X, y)
    with pytest.raises(ValueError, match="early_stopping"):
        OpenloopClassifier(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])


def test_a_regression_in_pieces_keeps_the_unit_of_its_first_call():
    X, X_test, y, y_test = train_test_split(*load_diabetes(return_X_y=True), random_state=0)
    model = OpenloopRegressor(random_state=0)
    for _ in range(20):
        for rows in np.array_split(np.arange(len(X)), 4):
            model.partial_fit(X[rows], y[rows])
    assert model.score(X_test, y_test) > 0.2
    with pytest.raises(ValueError, match="2 targets, and 1 in the first call"):
        model.partial_fit(X, np.column_stack([y, y]))


def test_names_of_features_are_kept_and_checked():
    X, X_test, y, _ = iris()
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    model = OpenloopClassifier(max_iter=2).fit(frame, y)
    assert list(model.feature_names_in_) == ["a", "b", "c", "d"] == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={"a": "z"}))


def test_sample_weights_are_routed_through_searches():
    X, _, y, _ = iris()
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = OpenloopClassifier(max_iter=5, random_state=0).set_fit_request(sample_weight=True)
        estimator.set_score_request(sample_weight=False)
        search = GridSearchCV(estimator, {"rule": ["drtp"]}, cv=3)
        search.fit(X, y, sample_weight=(y != 2).astype(float))
        assert not (search.predict(X) == 2).any()


def test_joblib_fits_many_at_once_and_keeps_files(tmp_path):
    X, X_test, y, _ = iris()
    fit = lambda seed: OpenloopClassifier(max_iter=5, random_state=seed).fit(X, y)
    models = joblib.Parallel(n_jobs=2)(joblib.delayed(fit)(seed) for seed in range(3))
    joblib.dump(models, tmp_path / "models")
    for model, kept in zip(models, joblib.load(tmp_path / "models")):
        assert (model.predict_proba(X_test) == kept.predict_proba(X_test)).all()


def test_convolutions_learn_from_images():
    X, X_test, y, y_test = train_test_split(*load_digits(return_X_y=True), random_state=0)
    model = OpenloopClassifier(net="conv8k3p1 pool2 fc50", image_shape=(8, 8), max_iter=10, random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.95
    assert model.model_.tensors()["layer0.weight"].shape == (8, 1, 3, 3)


def test_ctrl_c_stops_and_leaves_a_model_that_answers():
    X, y = load_digits(return_X_y=True)
    model = OpenloopClassifier(max_iter=20_000, random_state=0)
    # a process that was started in the background ignores the signal unless it asks for it
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(1.0, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(X, y)
    signal.signal(signal.SIGINT, before)
    assert model.score(X, y) > 0.9 and 1 <= model.n_iter_ < 20_000


def test_progress_is_shown_on_standard_error(capsys):
    X, _, y, _ = iris()
    OpenloopClassifier(max_iter=3, verbose=True).fit(X, y)
    shown = capsys.readouterr()
    assert "3/3" in shown.err and "loss" in shown.err and shown.out == ""


def test_weights_make_rare_classes_count():
    random = np.random.default_rng(0)
    X = np.concatenate([random.normal(0, 1, (300, 2)), random.normal(1.2, 1, (15, 2))])
    y = np.repeat([0, 1], [300, 15])
    recall = lambda **more: OpenloopClassifier(max_iter=20, random_state=0, **more).fit(X, y).predict(X[y == 1]).mean()
    assert recall(class_weight="balanced") > recall() + 0.2
    weighted = OpenloopClassifier(max_iter=20, random_state=0).fit(X, y, sample_weight=np.where(y == 1, 20, 1))
    assert weighted.predict(X[y == 1]).mean() > recall() + 0.2


@pytest.mark.parametrize("rule", ["drtp", "local-error-learned", "bp"])
@pytest.mark.parametrize("more", [{}, {"dropout": 0.2}, {"batch_size": 1, "solver": "sgd"}])
def test_rows_one_by_one_give_the_bits_of_whole_calls(rule, more):
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(150)
    settings = {"rule": rule, "hidden_layer_sizes": 9, "random_state": 1, **more}
    fast, slow = OpenloopClassifier(**settings), OpenloopClassifier(**settings)
    for model in (fast, slow):
        model.partial_fit(X[order[:20]], y[order[:20]], classes=[0, 1, 2])
    for k in order[20:70]:
        fast.partial_fit(X[k : k + 1], y[k : k + 1])
        # lists take the long way
        slow.partial_fit(X[k : k + 1].tolist(), y[k : k + 1].tolist())
    assert fast._row_training is not None and fast._model is None
    for name, values in slow.model_.tensors().items():
        assert values.tobytes() == fast.model_.tensors()[name].tobytes(), name
    assert fast.loss_curve_ == slow.loss_curve_ and fast.n_iter_ == slow.n_iter_ == 51
    again = pickle.loads(pickle.dumps(fast))
    assert (again.predict_proba(X) == slow.predict_proba(X)).all()
    again.partial_fit(X[:1], y[:1])
    fast.partial_fit(X[:1], y[:1])
    assert (again.predict_proba(X) == fast.predict_proba(X)).all()


def test_a_row_that_is_wrong_is_refused_after_rows_one_by_one_too():
    X, y = load_iris(return_X_y=True)
    model = OpenloopClassifier(hidden_layer_sizes=4).partial_fit(X, y, classes=[0, 1, 2])
    for k in range(3):
        model.partial_fit(X[k : k + 1], y[k : k + 1])
    before = model.predict_proba(X)
    for row, label, words in [
        (np.full((1, 4), np.nan), [0], "NaN"),
        (np.ones((1, 3)), [0], "3 features"),
        (np.ones((1, 4)), [3], "class 3"),
        (np.ones((1, 4)), [0, 1], "inconsistent"),
    ]:
        with pytest.raises(ValueError, match=words):
            model.partial_fit(row, np.array(label))
    assert (model.predict_proba(X) == before).all()
    # learning from many rows goes on from what the single ones taught
    model.partial_fit(X, y)
    assert (model.predict_proba(X) != before).any() and model.n_iter_ == 5
