"""Openloop's stream beside river's learners, row by row, on streams whose drifts are known and on recorded ones.

    pip install river==0.26.1
    python bench/peers/streams.py target/release/openloop --seeds 2 --out bench/results/2026-11-streams.jsonl
    python bench/peers/streams.py --table bench/results/2026-11-streams.jsonl

Every learner answers a row before it learns from it, at its default settings. Rows of the warm-up are learned from by all and count for none.
A cell is a learner on a stream with a seed; cells that the file has are not run again, so a run can be stopped and continued.
"""

import argparse
import csv
import gzip
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from river import datasets, ensemble, forest, linear_model, multiclass, preprocessing, tree
from river.datasets import synth

ROWS, DRIFTS, WARM_UP = 6_000, (2_000, 4_000), 500
# rows over which the accuracy after a drift is compared with that before it
RECOVERY_WINDOW, RECOVERED = 200, 0.97


def switched(concepts, seed, width=1):
    """Rows of one concept after the other; over `width` rows the new one takes over by chance."""
    import random

    draw = random.Random(seed)
    sources = [iter(concept) for concept in concepts]
    for row in range(ROWS):
        current = sum(row >= drift for drift in DRIFTS)
        if current and row < DRIFTS[current - 1] + width and width > 1:
            share = (row - DRIFTS[current - 1]) / width
            current -= draw.random() > share
        yield next(sources[current % len(sources)])


def synthetic(seed):
    """The generated streams, by name."""
    s = seed * 17 + 1
    return {
        "sea, abrupt": switched([synth.SEA(variant=v, noise=0.1, seed=s + v) for v in (0, 3, 2)], s),
        "agrawal, abrupt": switched([synth.Agrawal(classification_function=f, seed=s + f) for f in (0, 3, 6)], s),
        "agrawal, gradual": switched([synth.Agrawal(classification_function=f, seed=s + f) for f in (1, 2, 4)], s, 1000),
        "led, gradual": switched([synth.LEDDrift(seed=s, noise_percentage=0.1, n_drift_features=k) for k in (0, 3, 7)], s, 500),
        "stagger, recurring": switched([synth.STAGGER(classification_function=f, seed=s + f) for f in (0, 2)], s),
        "sine, abrupt": switched([synth.Sine(classification_function=f, seed=s + f, has_noise=True) for f in (0, 1, 2)], s),
        "mixed, recurring": switched([synth.Mixed(classification_function=f, seed=s + f) for f in (0, 1)], s),
        "radial, incremental": itertools.islice(
            synth.RandomRBFDrift(seed_model=s, seed_sample=s, n_classes=4, n_features=10, n_centroids=20, change_speed=0.001, n_drift_centroids=20),
            ROWS,
        ),
        "hyperplane, incremental": itertools.islice(synth.Hyperplane(seed=s, n_features=10, n_drift_features=5, mag_change=0.001), ROWS),
        "waveform, steady": itertools.islice(synth.Waveform(seed=s), ROWS),
    }


def shuttle(rows):
    """The first rows of the shuttle's sensors, in their order: is a row an anomaly?"""
    import river

    with gzip.open(Path(river.__file__).parent / "datasets" / "shuttle.csv.gz", "rt") as file:
        for row in itertools.islice(csv.DictReader(file), rows):
            label = row.pop("anomaly") if "anomaly" in row else row.popitem()[1]
            yield {name: float(value) for name, value in row.items()}, int(float(label))


def gas_drift(path, rows):
    """The gas sensors in the order of their batches, every third row."""
    with gzip.open(path, "rt") as file:
        reader = csv.DictReader(file)
        for row in itertools.islice(itertools.islice(reader, 0, None, 3), rows):
            label = row.pop("gas", None) or row.pop("label")
            for other in ("batch", "concentration_ppmv"):
                row.pop(other, None)
            yield {name: float(value) for name, value in row.items()}, label


def recorded(gas):
    """Streams that packages bring, and the gas sensors where they are at hand."""
    found = {
        "image segments": iter(datasets.ImageSegments()),
        "phishing": iter(datasets.Phishing()),
        "bananas": iter(datasets.Bananas()),
        "shuttle": shuttle(ROWS),
    }
    return found | ({"gas sensors": gas_drift(gas, ROWS)} if gas else {})


def river_learners(seed):
    """river's learners at their defaults."""
    scaled = preprocessing.StandardScaler
    return {
        "logistic regression": lambda: scaled() | multiclass.OneVsRestClassifier(linear_model.LogisticRegression()),
        "hoeffding adaptive tree": lambda: tree.HoeffdingAdaptiveTreeClassifier(seed=seed),
        "adaptive random forest": lambda: forest.ARFClassifier(seed=seed),
        "streaming random patches": lambda: ensemble.SRPClassifier(seed=seed),
        "leveraging bagging": lambda: ensemble.LeveragingBaggingClassifier(tree.HoeffdingTreeClassifier(), seed=seed),
        "mondrian forest": lambda: forest.AMFClassifier(seed=seed),
    }


def run_river(learner, rows):
    """Answers, seconds, and bytes that the learner holds at the end."""
    answers, begin = [], time.perf_counter()
    for x, y in rows:
        answers.append(learner.predict_one(x))
        learner.learn_one(x, y)
    return answers, time.perf_counter() - begin, learner._raw_memory_usage


def run_openloop(program, rows, seed, more):
    """The same of the command line; its answers begin after the warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        data, answers = Path(folder, "rows.csv"), Path(folder, "answers.csv")
        write(data, rows)
        line = [program, "stream", "--data", data, "--label", "target", "--warmup", WARM_UP, "--seed", seed, "--baselines", "none"]
        line += ["--predictions", answers, "--json", *more]
        done = subprocess.run([str(word) for word in line], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        told = json.loads(done.stdout)
        with answers.open() as file:
            found = {int(row["row"]): row["label"] for row in csv.DictReader(file)}
        return [found.get(k + 1) for k in range(len(rows))], told["rows"] / told["rows_per_second"], told["peak_bytes"]


def write(path, rows):
    """Rows as a table; texts stay texts."""
    names = list(rows[0][0])
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow([*names, "target"])
        out.writerows([*(x[name] for name in names), str(y)] for x, y in rows)


def figures(rows, answers, drifts):
    """Accuracy, kappa, kappa against the last label, and rows until each drift is recovered from."""
    labels = [str(y) for _, y in rows]
    right = [str(answer) == label for answer, label in zip(answers, labels)]
    own, n = right[WARM_UP:], len(rows) - WARM_UP
    p = sum(own) / n
    count = lambda values: {v: values.count(v) / n for v in set(values)}
    truth, told = count(labels[WARM_UP:]), count([str(a) for a in answers[WARM_UP:]])
    chance = sum(share * told.get(label, 0) for label, share in truth.items())
    last = sum(labels[k] == labels[k - 1] for k in range(WARM_UP, len(rows))) / n
    return {
        "accuracy": 100 * p,
        "kappa": (p - chance) / (1 - chance) if chance < 1 else 0.0,
        "kappa_temporal": (p - last) / (1 - last) if last < 1 else 0.0,
        "recovery": [recovery(right, drift) for drift in drifts],
    }


def recovery(right, drift):
    """Rows after a drift until a window is nearly as right as the rows before it; none if it never is before the next 2,000 are over."""
    before = sum(right[drift - 500 : drift]) / 500
    for end in range(drift + RECOVERY_WINDOW, min(drift + 2_000, len(right))):
        if sum(right[end - RECOVERY_WINDOW : end]) / RECOVERY_WINDOW >= RECOVERED * before:
            return end - drift
    return None


def cells(args):
    """Runs what the file lacks."""
    done = set()
    if args.out.exists():
        done = {(c["stream"], c["learner"], c["seed"]) for c in map(json.loads, args.out.read_text().splitlines())}
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        streams = synthetic(seed) | (recorded(args.gas) if seed == args.first_seed or args.recorded else {})
        for stream, source in streams.items():
            rows = None
            learners = {args.name: None} | ({} if args.only_openloop else river_learners(seed))
            for learner, make in learners.items():
                if (stream, learner, seed) in done:
                    continue
                rows = rows or list(itertools.islice(source, ROWS))
                run = run_openloop(args.program, rows, seed, args.more) if make is None else run_river(make(), rows)
                drifts = DRIFTS if stream in synthetic(0) and not stream.endswith(("incremental", "steady")) else ()
                cell = {"stream": stream, "learner": learner, "seed": seed, "rows": len(rows)}
                cell |= figures(rows, run[0], drifts) | {"rows_per_second": (len(rows)) / run[1], "bytes": run[2]}
                with args.out.open("a") as file:
                    file.write(json.dumps(cell) + "\n")
                print(f"{stream:24} {learner:26} seed {seed}: {cell['accuracy']:.2f} %, {cell['rows_per_second']:.0f} rows/s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--recorded", action="store_true", help="recorded streams under every seed, not under the first alone")
    parser.add_argument("--gas", type=Path, help="the gas sensors' table, GAS-DRIFT.csv.gz")
    parser.add_argument("--only-openloop", action="store_true")
    parser.add_argument("--name", default="openloop", help="what this Openloop is called in the table")
    parser.add_argument("--more", nargs=argparse.REMAINDER, default=[], help="further options for openloop stream")
    parser.add_argument("--out", type=Path, required=True)
    cells(parser.parse_args())
