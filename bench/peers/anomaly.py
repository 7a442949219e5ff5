"""Openloop's stream without labels beside river's anomaly detectors, row by row, on recorded and generated streams.

    pip install river==0.26.1 scikit-learn numpy
    python bench/peers/anomaly.py target/release/openloop --seeds 5 --gas gas-drift.csv.gz --out bench/results/2026-11-anomaly.jsonl
    python bench/peers/anomaly.py --table bench/results/2026-11-anomaly.jsonl

Every detector scores a row before it learns from it, and none sees a label. The rows of the warm-up are learned from by all and count for
none. AUC is that of all scores after it. For the delay each detector flags as many rows as there are anomalies, those with its highest
scores: the mean number of rows from the first of a stretch of anomalies to the first of it that is flagged; a stretch without one counts
with its length. The streams of `--set choose` are those that Openloop's defaults were chosen on; `--set report` has others.
A cell is a detector on a stream with a seed; cells that the file has are not run again.
"""

import argparse
import csv
import gzip
import itertools
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WARM_UP = 500


def mixed(normal, anomalies, share, seed, length=1):
    """Normal rows in their order, among which stretches of `length` anomalies are drawn, `share` of the rows in all; none in the warm-up."""
    draw = random.Random(seed)
    for k, row in enumerate(normal):
        if k >= WARM_UP and draw.random() < share / length / (1 - share):
            yield from ((draw.choice(anomalies), 1) for _ in range(length))
        yield row, 0


def scikit(name, is_normal, seed, share=0.05):
    """A data set of scikit-learn, its normal rows shuffled and repeated to 3,000, a little noise on each, so that no row comes twice."""
    import numpy
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")()
    draw = numpy.random.default_rng(seed)
    noise = 0.05 * data.data.std(axis=0)
    of = lambda choose: [row for row, label in zip(data.data, data.target) if choose(label)]
    normal, others = of(is_normal), of(lambda label: not is_normal(label))
    rows = [normal[k] + noise * draw.standard_normal(noise.size) for k in draw.integers(len(normal), size=3000)]
    others = [list(row + noise * draw.standard_normal(noise.size)) for row in others]
    yield from mixed([list(row) for row in rows], others, share, seed)


def plant(seed, rows=8000):
    """Ten sensors of three hidden quantities, which drift; a fault lets one of them go its own way for a while."""
    draw = random.Random(seed)
    weights = [[draw.gauss(0, 1) for _ in range(3)] for _ in range(10)]
    hidden, left, which = [0.0] * 3, 0, 0
    for k in range(rows):
        hidden = [0.95 * h + 0.3 * draw.gauss(0, 1) for h in hidden]
        row = [sum(w * h for w, h in zip(ws, hidden)) + 2 * k / rows + 0.2 * draw.gauss(0, 1) for ws in weights]
        if left == 0 and k >= WARM_UP and draw.random() < 0.003:
            left, which = draw.randint(3, 30), draw.randrange(10)
        is_fault, left = left > 0, max(left - 1, 0)
        if is_fault:
            row[which] = draw.gauss(0, 1)
        yield row, int(is_fault)


def tank(seed, rows=8000, window=10):
    """The level of a tank that is filled and emptied in turns whose length drifts, in windows: offsets, and bursts of noise."""
    draw = random.Random(seed)
    left, kind, phase, recent = 0, 0, 0.0, []
    for k in range(rows):
        phase += 0.08 * (1 + k / rows)
        value = 3 * abs(math.sin(phase / 2)) + math.sin(k / 400) + 0.1 * draw.gauss(0, 1)
        if left == 0 and k >= WARM_UP + window and draw.random() < 0.003:
            left, kind = draw.randint(2, 20), draw.randrange(2)
        is_fault, left = left > 0, max(left - 1, 0)
        if is_fault:
            value += (1.5, draw.gauss(0, 1.5))[kind]
        recent = [*recent[-(window - 1):], (value, is_fault)]
        if len(recent) == window:
            yield [value for value, _ in recent], int(any(is_fault for _, is_fault in recent))


def flow(seed, rows=12000, window=12):
    """The flow of a water pipe with a daily and a weekly course, in windows of 12 readings with the time of day and week: spikes, level shifts
    of hours, a stuck meter. A window is an anomaly if one of its readings is."""
    draw = random.Random(seed)
    left, kind, last, recent, noise = 0, 0, 0.0, [], 0.0
    for k in range(rows):
        day, week = math.sin(2 * math.pi * k / 96), math.sin(2 * math.pi * k / 672)
        noise = 0.7 * noise + 0.1 * draw.gauss(0, 1)
        value = 5 + 2 * day + 0.7 * math.sin(4 * math.pi * k / 96 + 1) + 0.5 * week + noise
        if left == 0 and k >= WARM_UP + window and draw.random() < 0.003:
            kind = draw.randrange(3)
            left = (1, draw.randint(8, 24), draw.randint(8, 24))[kind]
        is_fault, left = left > 0, max(left - 1, 0)
        if is_fault:
            value = (value + draw.choice((-3, 3)), value + 2, last)[kind]
        last = value
        recent = [*recent[-(window - 1):], (value, is_fault)]
        if len(recent) == window:
            clock = [f(2 * math.pi * k / period) for period in (96, 672) for f in (math.sin, math.cos)]
            yield [value for value, _ in recent] + clock, int(any(is_fault for _, is_fault in recent))


def bearing(seed, rows=6000, window=32):
    """The vibration of a bearing in windows of 32 readings: a turning shaft and noise; a fault rings at each turn of its ball for a while."""
    draw = random.Random(seed)
    left, phase = 0, 0.0
    for k in range(rows):
        if left == 0 and k >= WARM_UP and draw.random() < 0.002:
            left = draw.randint(10, 60)
        is_fault, left = left > 0, max(left - 1, 0)
        row, load = [], 1 + 0.3 * math.sin(2 * math.pi * k / 2000)
        for moment in range(window):
            phase += 0.21 + 0.002 * draw.gauss(0, 1)
            value = load * math.sin(phase) + 0.4 * math.sin(3 * phase) + 0.3 * draw.gauss(0, 1)
            since = (moment + 7 * k) % 16
            row.append(value + (1.2 * math.exp(-0.5 * since) * math.cos(2.2 * since) if is_fault else 0))
        yield row, int(is_fault)


def shuttle(seed, rows=49097):
    """The shuttle's sensors, as river brings them, in their order."""
    import river

    with gzip.open(Path(river.__file__).parent / "datasets" / "shuttle.csv.gz", "rt") as file:
        for row in itertools.islice(csv.DictReader(file), rows):
            label = row.pop("anomaly") if "anomaly" in row else row.popitem()[1]
            yield [float(value) for value in row.values()], int(float(label))


def gas(path, normal, other, seed):
    """One gas at the sensors in the order of its batches, over 36 months of drift, with stretches of five rows of another."""
    rows = {normal: [], other: []}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            label = int(row.pop("label"))
            if label in rows:
                rows[label].append([float(value) for name, value in row.items() if name.startswith("s")])
    draw, others = random.Random(seed), rows[other]
    for k, row in enumerate(rows[normal]):
        if k >= WARM_UP and draw.random() < 0.01:
            # of the same time
            at = min(int(k / len(rows[normal]) * len(others)), len(others) - 5)
            yield from ((one, 1) for one in others[at : at + 5])
        yield row, 0


def streams(which, gas_path, seed):
    """The streams by name."""
    if which == "choose":
        return {
            "breast cancer": scikit("breast_cancer", lambda label: label == 1, seed),
            "digits, 0 to 4": scikit("digits", lambda label: label < 5, seed),
            "wine": scikit("wine", lambda label: label < 2, seed),
            "plant": plant(seed),
            "tank": tank(seed),
        }
    found = {"shuttle": shuttle(seed), "water flow": flow(seed), "bearing": bearing(seed)}
    if gas_path:
        found["gas 1, then 5"] = gas(gas_path, 1, 5, seed)
        found["gas 3, then 6"] = gas(gas_path, 3, 6, seed)
    return found


class Distance:
    """The mean squared deviation from the mean of all rows so far: what a network has to be better than."""

    def __init__(self):
        from river import preprocessing

        self.scaler = preprocessing.StandardScaler()

    def score_one(self, x):
        return sum(z * z for z in self.scaler.transform_one(x).values()) / len(x)

    def learn_one(self, x):
        self.scaler.learn_one(x)


def peers(seed):
    """river's detectors at their defaults, behind the scaling that each asks for."""
    from river import anomaly, preprocessing

    return {
        "half-space trees": lambda: preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=seed),
        "one-class svm": lambda: preprocessing.StandardScaler() | anomaly.OneClassSVM(),
        "distance": Distance,
    }


def run_peer(make, rows):
    """Scores and seconds after the warm-up."""
    detector, scores, begin = make(), [], 0.0
    for k, (row, _) in enumerate(rows):
        if k == WARM_UP:
            begin = time.perf_counter()
        x = dict(enumerate(row))
        if k >= WARM_UP:
            scores.append(detector.score_one(x))
        detector.learn_one(x)
    return scores, time.perf_counter() - begin, {}


def run_openloop(program, rows, seed, more):
    """The same of the command line, with what its own threshold flagged."""
    with tempfile.TemporaryDirectory() as folder:
        data, answers = Path(folder, "rows.csv"), Path(folder, "answers.csv")
        with data.open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow([*(f"x{k}" for k in range(len(rows[0][0]))), "state"])
            out.writerows([*row, label] for row, label in rows)
        line = [program, "stream", "--data", data, "--task", "anomaly", "--label", "state", "--normal", "0", "--header", "yes"]
        line += ["--warmup", WARM_UP, "--seed", seed, "--predictions", answers, "--json", *more]
        done = subprocess.run([str(word) for word in line], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        told = json.loads(done.stdout)
        with answers.open() as file:
            scores = [float(row["score"]) for row in csv.DictReader(file)]
    names = ("flagged_share", "alarm_precision", "alarm_recall", "stretches", "stretches_found", "mean_delay", "drift_count")
    return scores, told["rows"] / told["rows_per_second"], {name: told[name] for name in names} | {"own_auc": told["auc"]}


def delay(scores, labels):
    """The mean delay where as many rows are flagged as there are anomalies."""
    threshold = sorted(scores, reverse=True)[sum(labels) - 1]
    delays, at = [], 0
    for label, stretch in itertools.groupby(zip(labels, scores), key=lambda pair: pair[0]):
        stretch = [score for _, score in stretch]
        at += len(stretch)
        if label:
            delays.append(next((k for k, score in enumerate(stretch) if score >= threshold), len(stretch)))
    return sum(delays) / len(delays)


def measure(arguments):
    from sklearn.metrics import roc_auc_score

    out = Path(arguments.out)
    done = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    done = {(cell["stream"], cell["detector"], cell["seed"]) for cell in done}
    for seed in range(arguments.seeds):
        for name, rows in streams(arguments.set, arguments.gas, seed).items():
            if arguments.only and arguments.only not in name:
                continue
            rows = list(rows)
            labels = [label for _, label in rows[WARM_UP:]]
            detectors = {} if arguments.no_peers else {
                which: lambda make=make: run_peer(make, rows) for which, make in peers(seed).items()
            }
            detectors[arguments.name] = lambda: run_openloop(arguments.program, rows, seed, arguments.more)
            for which, run in detectors.items():
                if (name, which, seed) in done:
                    continue
                scores, seconds, more = run()
                cell = {"stream": name, "detector": which, "seed": seed, "rows": len(labels), "anomalies": sum(labels)}
                cell |= {"auc": roc_auc_score(labels, scores), "delay": delay(scores, labels)}
                cell |= {"rows_per_second": len(labels) / seconds} | more
                with out.open("a") as file:
                    file.write(json.dumps(cell) + "\n")


def table(path):
    """Markdown: a row for each stream, AUC and delay of each detector, mean and deviation over the seeds."""
    import statistics

    cells = [json.loads(line) for line in Path(path).read_text().splitlines()]
    names = list(dict.fromkeys(cell["detector"] for cell in cells))
    for figure, digits in (("auc", 3), ("delay", 1), ("rows_per_second", 0), ("alarm_precision", 1), ("alarm_recall", 1), ("flagged_share", 1)):
        print(f"\n{figure}\n\n| stream | rows | anomalies | " + " | ".join(names) + " |")
        print("|---" * (3 + len(names)) + "|")
        for stream in dict.fromkeys(cell["stream"] for cell in cells):
            shown, own = [], [cell for cell in cells if cell["stream"] == stream]
            for name in names:
                found = [cell[figure] for cell in own if cell["detector"] == name and cell.get(figure) is not None]
                spread = statistics.stdev(found) if len(found) > 1 else 0
                shown.append(f"{statistics.mean(found):.{digits}f} ± {spread:.{digits}f}" if found else "")
            rows, anomalies = (statistics.mean(cell[key] for cell in own) for key in ("rows", "anomalies"))
            print(f"| {stream} | {rows:.0f} | {anomalies:.0f} | " + " | ".join(shown) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", choices=("choose", "report"), default="report")
    parser.add_argument("--gas", help="gas-drift.csv.gz")
    parser.add_argument("--out", default="anomaly.jsonl")
    parser.add_argument("--name", default="openloop", help="what the cells of the command are called")
    parser.add_argument("--only", help="part of the names of the streams to run")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--more", nargs=argparse.REMAINDER, default=[], help="further options of openloop stream")
    parser.add_argument("--table")
    given = parser.parse_args()
    table(given.table) if given.table else measure(given)
