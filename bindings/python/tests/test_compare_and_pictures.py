"""Comparisons, pictures, and what a notebook shows."""

import numpy as np
import pytest
from openloop import OpenloopClassifier, OpenloopRegressor, compare, pictures
from scipy import stats
from sklearn.datasets import load_diabetes, load_iris


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    yield
    matplotlib.pyplot.close("all")


def test_a_comparison_has_a_row_a_rule_with_the_figures_of_a_paired_test():
    table = compare(*load_iris(return_X_y=True), rules=["bp", "drtp"], seeds=3, max_iter=3, hidden_layer_sizes=8)
    frame = table.to_pandas()
    assert list(frame.index) == ["bp", "drtp", "shallow"] and frame.loc["bp", "seeds"] == 3
    errors = [np.array(row.errors) for row in table]
    assert frame.loc["drtp", "p"] == pytest.approx(stats.ttest_1samp(errors[1] - errors[0], 0).pvalue)
    assert frame.loc["drtp", "difference"] == pytest.approx((errors[1] - errors[0]).mean())
    assert np.isnan(frame.loc["bp", "p"]) and "drtp" in repr(table) and "<td>drtp</td>" in table._repr_html_()
    assert [label.get_text() for label in table.plot().get_yticklabels()] == ["bp", "drtp", "shallow"]


def test_a_rule_compared_gives_the_error_that_it_gives_alone():
    X, y = load_iris(return_X_y=True)
    from sklearn.model_selection import train_test_split

    learn, test = train_test_split(np.arange(150), test_size=0.2, random_state=0, stratify=y)
    alone = OpenloopClassifier(rule="drtp", max_iter=3, random_state=0).fit(X[learn], y[learn]).score(X[test], y[test])
    assert compare(X, y, ["drtp"], seeds=1, max_iter=3)[0].errors == (pytest.approx(100 * (1 - alone)),)


def test_values_are_compared_by_what_they_explain():
    table = compare(*load_diabetes(return_X_y=True), rules=["bp", "dfa"], seeds=2, max_iter=5)
    assert 0.2 < table[0].error < 1.2 and table[1].p is not None
    with pytest.raises(ValueError, match="class labels"):
        compare(*load_diabetes(return_X_y=True), rules=["drtp"], seeds=1)


def test_pictures_show_what_they_say():
    X, y = load_iris(return_X_y=True)
    model = OpenloopClassifier(max_iter=4, early_stopping=True, random_state=0).fit(X, y)
    curve = pictures.learning_curves(model)
    assert list(curve.lines[0].get_ydata()) == model.loss_curve_
    shown = [int(text.get_text()) for text in pictures.confusion(model, X, y).texts]
    assert sum(shown) == 150 and sum(shown[::4]) == round(150 * model.score(X, y))
    axes = pictures.drift([True] * 300 + [False] * 100, drifts=[310], window=100)
    assert axes.lines[0].get_ydata()[[0, 299, 399]] == pytest.approx([100, 100, 0])
    assert list(axes.lines[1].get_xdata()) == [310, 310]


def test_a_notebook_shows_a_model_as_a_table():
    X, y = load_iris(return_X_y=True)
    model = OpenloopClassifier(max_iter=1).fit(X, np.array(["<a>", "b", "c"])[y])
    assert "&lt;a&gt;, b, c" in model.model_._repr_html_() and "<a>" not in model.model_._repr_html_()
    assert "net: fc100" in repr(model.model_) and "OpenloopClassifier" in model._repr_html_()
    assert "2 values" in repr(OpenloopRegressor(max_iter=1).fit(X, X[:, :2]).model_)
