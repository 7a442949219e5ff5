"""How fast the Python package is: beside the command line, beside a step of the core, and beside river.

    pip install openloop-learning river==0.26.1
    python bench/python_speed.py [FOLDER-OF-DATA]

Both sides take turns, and the median over the turns counts. `fit` and the command are measured by the clock, as the command does it; all
else by the time of the processor, which a busy machine changes less.
"""

import json
import statistics
import subprocess
import sys
import time
import warnings

import numpy as np
from openloop import OpenloopClassifier, OpenloopStreamClassifier
from sklearn.neural_network import MLPClassifier

TURNS, EPOCHS = 9, 2
NET, RULE = "fc100", "drtp"
# rows of a stream that are answered before the first of them is learned from
BLOCK = 20


def seconds(do, clock=time.process_time):
    started = clock()
    do()
    return clock() - started


def mnist(folder):
    """The training images and labels, bytes."""
    import gzip
    from pathlib import Path

    def read(name, header):
        path = next((Path(folder) / "mnist").glob(f"{name}*"))
        content = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
        return np.frombuffer(content, np.uint8, offset=header)

    return read("train-images-idx3", 16).reshape(-1, 784), read("train-labels-idx1", 8)


def fit(folder):
    """Seconds an epoch of `fit` and of the command, and their ratio."""
    X, y = mnist(folder)
    command = [sys.executable, "-m", "openloop", "train", "--data", "mnist", "--data-dir", folder, "--net", NET, "--rule", RULE]
    command += ["--epochs", str(EPOCHS), "--threads", "1", "--batch", "50", "--json"]

    def of_command():
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return json.loads(told)["seconds_per_epoch"]

    def of_python():
        def run(epochs):
            model = OpenloopClassifier(net=NET, rule=RULE, max_iter=epochs, batch_size=50, n_jobs=1, random_state=0)
            return seconds(lambda: model.fit(X, y), time.perf_counter)

        # what comes once, such as reading the targets, is not an epoch's
        return (run(EPOCHS + 1) - run(1)) / EPOCHS

    turns = [(of_python(), of_command()) for _ in range(TURNS)]
    ratio = statistics.median(python / command for python, command in turns)
    python, command = (min(turn[k] for turn in turns) for k in (0, 1))
    told = f"{ratio:.3f}, by the fastest turns {python / command:.3f}"
    print(f"| `fit`, MNIST {NET} {RULE} | {python:.3f} s an epoch | command line {command:.3f} s | {told} |", flush=True)


def partial_fit():
    """Microseconds of `partial_fit` of one row, of a step of the core in a long run, and of scikit-learn's own."""
    random = np.random.default_rng(0)
    X, y = random.normal(size=(20_000, 8)), random.integers(0, 2, 20_000)
    own = OpenloopClassifier(net="fc100", rule=RULE, batch_size=1, solver="sgd", learning_rate_init=0.01, random_state=0)
    own.partial_fit(X[:100], y[:100], classes=[0, 1])
    theirs = MLPClassifier((100,), batch_size=1, solver="sgd", random_state=0).partial_fit(X[:100], y[:100], classes=[0, 1])

    def of_rows(model, count):
        return seconds(lambda: [model.partial_fit(X[k : k + 1], y[k : k + 1]) for k in range(count)]) / count

    def of_core():
        return (seconds(lambda: own.partial_fit(X, y)) - seconds(lambda: own.partial_fit(X[:1], y[:1]))) / len(y)

    turns = [(of_rows(own, 1000), of_core(), of_rows(theirs, 100)) for _ in range(TURNS)]
    row, core, sklearn = (1e6 * statistics.median(turn[k] for turn in turns) for k in range(3))
    print(f"| `partial_fit` of one row, 8-fc100-2 {RULE} | {row:.1f} us | a step of the core {core:.2f} us | + {row - core:.1f} us |")
    print(f"| | | scikit-learn's `MLPClassifier` {sklearn:.0f} us | {sklearn / row:.0f} times as long |")


def market(rows=20_000):
    """A stream like Elec2 (8 features, up or down, a price that hangs on the last ones), generated: the season and the rule drift."""
    random, last, level = np.random.default_rng(1), 0.0, 0.0
    for k in range(rows):
        day, hour = k // 48, k % 48 / 48
        demand = 0.5 + 0.3 * np.sin(2 * np.pi * hour) + 0.1 * np.sin(2 * np.pi * day / 365) + 0.05 * random.normal()
        vic, transfer = 0.5 * demand + 0.05 * random.normal(), random.random()
        turn = 1.0 if day < 200 else -0.5
        price = 0.6 * last + turn * (demand - 0.5) + 0.2 * (0.5 - transfer) + 0.1 * random.normal()
        x = {"date": day / 400, "day": float(day % 7), "period": hour, "nswprice": last, "nswdemand": demand}
        yield x | {"vicprice": vic, "vicdemand": vic * 0.9, "transfer": transfer}, bool(price > level)
        level, last = 0.98 * level + 0.02 * price, price


def streams():
    """Rows a second of `learn_one`, of test then train, and what was right, of ours and river's models on the same rows."""
    from river import forest, linear_model, preprocessing, tree

    makers = {
        "OpenloopStreamClassifier fc16, drtp": lambda: OpenloopStreamClassifier(16, rule="drtp"),
        "OpenloopStreamClassifier fc100": lambda: OpenloopStreamClassifier(),
        "river LogisticRegression": lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(),
        "river HoeffdingAdaptiveTree": lambda: tree.HoeffdingAdaptiveTreeClassifier(seed=0),
        "river ARFClassifier": lambda: forest.ARFClassifier(seed=0),
    }
    rows = list(market())
    speeds, rights = {name: [] for name in makers}, {}
    for turn in range(3):
        for name, make in makers.items():
            if name == "river ARFClassifier" and turn > 0:
                continue
            model = make()
            right, spent = 0, 0.0
            for first in range(0, len(rows), BLOCK):
                # of a block all rows are answered, then all are learned from: a clock a row costs more than a row
                part = rows[first : first + BLOCK]
                right += sum(model.predict_one(x) == y for x, y in part)
                spent += seconds(lambda: [model.learn_one(x, y) for x, y in part])
            rights[name] = right / len(rows)
            speeds[name].append(len(rows) / spent)
    print("\n| model | `learn_one`, rows a second | right, answered before they are learned from |\n|---|---|---|")
    for name, found in speeds.items():
        print(f"| {name} | {statistics.median(found):,.0f} | {100 * rights[name]:.1f} % |")


def main():
    warnings.filterwarnings("ignore")
    print("| what | Python | beside | ratio or difference |\n|---|---|---|---|")
    if sys.argv[1:]:
        fit(sys.argv[1])
    partial_fit()
    streams()


if __name__ == "__main__":
    main()
