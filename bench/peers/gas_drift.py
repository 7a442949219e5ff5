"""Gas-drift by its field's protocol: train on batches 1 to T - 1, answer batch T, toluene left out.

    python gas_drift.py PROGRAM FILE.csv[.gz] [--seeds 30] [--rules local-error-learned,bp,drtp] >> results.jsonl

FILE has the columns batch, label and the features. Every line printed is one rule and one T: the share of right answers of each seed,
with the program's default settings. A line that the results have already is not made again if they are given with --have.
"""

import argparse
import csv
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

TOLUENE = "6"


def rows_of(path):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path, newline="")
    with opened as file:
        reader = csv.reader(file)
        header = next(reader)
        rows = [row for row in reader if row[1] != TOLUENE]
    assert header[:2] == ["batch", "label"], header[:2]
    features = [place for place, name in enumerate(header) if place > 1 and not name.startswith("concentration")]
    return header, features, rows


def write(path, header, features, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label"] + [header[place] for place in features])
        writer.writerows([row[1]] + [row[place] for place in features] for row in rows)


def right(program, folder, rule, seed):
    command = [program, "train", "--data", str(folder / "train.csv"), "--test", str(folder / "test.csv"), "--label", "label"]
    command += ["--rule", rule, "--seed", str(seed), "--threads", "1", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return 1 - json.loads(answer.stdout)["test_error"] / 100


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("file")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--rules", default="local-error-learned,bp,drtp")
    parser.add_argument("--have", help="results so far")
    asked = parser.parse_args()
    done = set()
    if asked.have and pathlib.Path(asked.have).exists():
        lines = map(json.loads, pathlib.Path(asked.have).read_text().splitlines())
        done = {(line["rule"], line["batch"], len(line["right"])) for line in lines}
    header, features, rows = rows_of(asked.file)
    batches = sorted({int(row[0]) for row in rows})
    for rule in asked.rules.split(","):
        for batch in [batch for batch in batches if batch >= 3]:
            if (rule, batch, asked.seeds) in done:
                continue
            with tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                write(folder / "train.csv", header, features, [row for row in rows if int(row[0]) < batch])
                write(folder / "test.csv", header, features, [row for row in rows if int(row[0]) == batch])
                shares = [round(right(asked.program, folder, rule, seed), 6) for seed in range(asked.seeds)]
            print(json.dumps({"rule": rule, "batch": batch, "right": shares}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
