"""Writes quality.json: what scikit-learn says of answers that the Rust tests give to openloop::learner::quality.

Answers and truths are drawn by a seeded generator: 2, 3 and 6 classes, one of them with a class that never occurs and another that is
never answered; one and two real-valued targets. Figures:

    confusion, precision, recall, f1, support     sklearn.metrics, undefined values as null
    balanced_accuracy, log_loss                   sklearn.metrics
    calibration_error                             numpy, from its definition: ten bins (k/10, (k+1)/10] of the largest probability
    mae, rmse, r2                                 sklearn.metrics, uniform average over the targets

Run `python make_quality.py`; it writes beside itself. Made with Python 3.11.7, numpy 2.4.6 and scikit-learn 1.9.1.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics

warnings.filterwarnings("ignore")


def null(values):
    return [None if np.isnan(v) else float(v) for v in values]


def calibration_error(p, truth):
    confidence, right = p.max(axis=1), p.argmax(axis=1) == truth
    error = 0.0
    for k in range(10):
        inside = (confidence > k / 10) & (confidence <= (k + 1) / 10)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


def classification(random, rows, classes, missing=None, silent=None):
    truth = random.integers(0, classes, rows)
    z = random.normal(0, 1, (rows, classes)) + 1.5 * np.eye(classes)[truth]
    if missing is not None:
        truth[truth == missing] = (missing + 1) % classes
    if silent is not None:
        z[:, silent] -= 20
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    p = p.astype(np.float32)
    wide = p.astype(np.float64)
    wide /= wide.sum(axis=1, keepdims=True)
    answer, names = p.argmax(axis=1), list(range(classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, answer, labels=names, zero_division=np.nan)
    return {
        "answers": p.ravel().tolist(),
        "truth": truth.tolist(),
        "classes": classes,
        "confusion": metrics.confusion_matrix(truth, answer, labels=names).tolist(),
        "precision": null(precision),
        "recall": null(recall),
        "f1": null(f1),
        "support": support.tolist(),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, answer),
        "log_loss": metrics.log_loss(truth, wide, labels=names),
        "calibration_error": calibration_error(wide, truth),
    }


def regression(random, rows, targets):
    truth = random.normal(5, 3, (rows, targets))
    answer = truth + random.normal(0, 1, (rows, targets))
    means = [4.0, 5.5][:targets]
    return {
        "answers": answer.ravel().tolist(),
        "truth": truth.ravel().tolist(),
        "means": means,
        "mae": metrics.mean_absolute_error(truth, answer),
        "rmse": metrics.root_mean_squared_error(truth, answer),
        "r2": metrics.r2_score(truth, answer),
        "rmse_of_mean": metrics.root_mean_squared_error(truth, np.tile(means, (rows, 1))),
    }


def main():
    random = np.random.default_rng(7)
    result = {
        "classification": [
            classification(random, 40, 2),
            classification(random, 60, 3),
            classification(random, 90, 6, missing=4, silent=1),
        ],
        "regression": [regression(random, 30, 1), regression(random, 30, 2)],
    }
    path = Path(__file__).with_name("quality.json")
    path.write_text(json.dumps(result, separators=(",", ":")).replace("},{", "},\n{") + "\n")


main()
