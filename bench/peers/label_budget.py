"""Accuracy against the share of labels that Openloop asks for: the least certain rows, and any rows.

    pip install river==0.26.1
    python bench/peers/label_budget.py target/release/openloop --gas GAS-DRIFT.csv.gz --seeds 3 --out budget.jsonl
    python bench/peers/label_budget.py --table budget.jsonl

The streams are those of streams.py. A cell is a stream with a share, a choice and a seed; the labels that were not asked for judge alone.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import streams

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)


def run(program, data, seed, share, ask):
    line = [program, "stream", "--data", data, "--label", "target", "--warmup", streams.WARM_UP, "--seed", seed, "--baselines", "none", "--json"]
    line += ["--label-budget", share] + (["--ask", ask] if share < 1 else [])
    done = subprocess.run([str(word) for word in line], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def cells(args):
    done = set()
    if args.out.exists():
        done = {(c["stream"], c["seed"], c["share"], c["ask"]) for c in map(json.loads, args.out.read_text().splitlines())}
    for seed in range(args.seeds):
        for stream, source in (streams.synthetic(seed) | streams.recorded(args.gas)).items():
            rows = list(itertools.islice(source, streams.ROWS))
            with tempfile.TemporaryDirectory() as folder:
                data = Path(folder, "rows.csv")
                streams.write(data, rows)
                for share, ask in itertools.product(SHARES, ("uncertain", "random")):
                    if (stream, seed, share, ask) in done or (share == 1 and ask == "random"):
                        continue
                    told = run(args.program, data, seed, share, ask)
                    asked = told.get("labels_asked", told["rows"]) / told["rows"]
                    cell = {"stream": stream, "seed": seed, "share": share, "ask": ask, "asked": asked}
                    cell |= {"accuracy": told["accuracy"], "balanced": told["balanced_accuracy"]}
                    with args.out.open("a") as file:
                        file.write(json.dumps(cell) + "\n")
            print(stream, seed, flush=True)


def table(path):
    """Markdown: the mean over seeds, and over all streams."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    kinds = list(dict.fromkeys(cell["stream"] for cell in found))
    mean = lambda values: sum(values) / len(values) if values else float("nan")

    def cell(stream, share, ask, what="accuracy"):
        own = [c[what] for c in found if c["share"] == share and c["ask"] == ask and stream in (None, c["stream"])]
        return mean(own)

    heads = [f"{100 * share:g} %" for share in SHARES]
    print("| stream | " + " | ".join(heads) + " |\n|---|" + "---|" * len(heads))
    for stream in [*kinds, None]:
        parts = []
        for share in SHARES:
            uncertain = cell(stream, share, "uncertain")
            parts.append(f"{uncertain:.1f}" if share == 1 else f"{uncertain:.1f} / {cell(stream, share, 'random'):.1f}")
        print(f"| {stream or '**all**'} | " + " | ".join(parts) + " |")
    asked = [f"{100 * cell(None, s, 'uncertain', 'asked'):.2f}" if s < 1 else "100" for s in SHARES]
    print("| labels asked for (uncertain), % | " + " | ".join(asked) + " |")
    print()
    for share in SHARES[:-1]:
        pairs = {}
        for c in found:
            if c["share"] == share:
                pairs.setdefault((c["stream"], c["seed"]), {})[c["ask"]] = c["accuracy"]
        gains = [pair["uncertain"] - pair["random"] for pair in pairs.values() if len(pair) == 2]
        better = sum(gain > 0 for gain in gains)
        worst, best = min(gains), max(gains)
        print(f"{100 * share:g} %: uncertain is better in {better} of {len(gains)}, by {mean(gains):+.2f} points in the mean, from {worst:+.1f} to {best:+.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--gas", type=Path, help="the gas sensors' table, GAS-DRIFT.csv.gz")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    args = parser.parse_args()
    if args.table:
        table(args.table)
    elif args.program and args.out:
        cells(args)
    else:
        sys.exit("a program and --out, or --table")
