"""river's drift detectors on the errors of Openloop's own network, on streams whose drifts are known.

    pip install river==0.26.1
    python bench/peers/detectors.py target/release/openloop --seeds 5 --out detectors.jsonl
    python bench/peers/detectors.py --table detectors.jsonl

Each detector sees 1 for a wrong answer and 0 for a right one, from the first row after the warm-up on. It begins anew after each alarm, as river's do. A
drift is found by the first alarm within 1,000 rows of its end; every alarm outside of that is a false one. Openloop's own detector is HDDM_A, to
the same alarms as river's. A learning network ("learning") makes more errors after a drift for a while; one that stays as it was after the warm-up
("frozen") does so from then on, and is looked at up to the second drift.
"""

import argparse
import itertools
import json
import sys
from pathlib import Path

from river import drift
from river.drift import binary

import streams

WIDTHS = {"agrawal, gradual": 1000, "led, gradual": 500}
FOUND_WITHIN = 1_000


def detectors(seed):
    """Each with river's defaults; and HDDM_A with other confidences, as what a tuned detector may gain."""
    return {
        "HDDM_A (built in)": binary.HDDMA(),
        "HDDM_A, 0.0001": binary.HDDMA(drift_confidence=0.0001),
        "HDDM_A, 0.01": binary.HDDMA(drift_confidence=0.01),
        "HDDM_W": binary.HDDMW(),
        "ADWIN": drift.ADWIN(),
        "Page-Hinkley": drift.PageHinkley(),
        "KSWIN": drift.KSWIN(seed=seed),
    }


def alarms(detector, errors):
    """The rows after which it signals."""
    found = []
    for row, wrong in errors:
        # KSWIN and ADWIN look at numbers
        detector.update(float(wrong) if not hasattr(detector, "warning_detected") else bool(wrong))
        if detector.drift_detected:
            found.append(row)
    return found


def judged(found, drifts, rows):
    """Delays of the drifts that were found, none of those that were not; false alarms, and rows in which one would be false."""
    spans = [(start, start + width + FOUND_WITHIN) for start, width in drifts]
    delays = [next((row - start for row in found if start <= row < end), None) for start, end in spans]
    inside = lambda row: any(start <= row < end for start, end in spans)
    false = sum(not inside(row) for row in found)
    return {"delays": delays, "false": false, "quiet": sum(not inside(row) for row in rows)}


def cells(args):
    for seed in range(args.seeds):
        for stream, source in streams.synthetic(seed).items():
            if stream.endswith("incremental"):
                continue
            rows = list(itertools.islice(source, streams.ROWS))
            for mode, more in (("learning", []), ("frozen", ["--frozen"])):
                answers, _, _ = streams.run_openloop(args.program, rows, seed, more)
                last = streams.ROWS if mode == "learning" else streams.DRIFTS[1]
                errors = [(row, answers[row] != str(rows[row][1])) for row in range(streams.WARM_UP, last)]
                drifts = () if stream.endswith("steady") else streams.DRIFTS
                drifts = [(start, WIDTHS.get(stream, 0)) for start in drifts if start < last]
                for name, detector in detectors(seed).items():
                    cell = {"stream": stream, "seed": seed, "mode": mode, "detector": name}
                    cell |= judged(alarms(detector, errors), drifts, [row for row, _ in errors])
                    with args.out.open("a") as file:
                        file.write(json.dumps(cell) + "\n")
            print(stream, seed, flush=True)


def table(path):
    """Markdown: of each detector over all streams, and the delays by stream."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    names = list(dict.fromkeys(cell["detector"] for cell in found))
    for mode in ("learning", "frozen"):
        print(f"\n{mode}:\n\n| detector | drifts found | mean delay | false alarms in 10,000 rows |\n|---|---|---|---|")
        for name in names:
            own = [cell for cell in found if cell["detector"] == name and cell["mode"] == mode]
            delays = [delay for cell in own for delay in cell["delays"]]
            hits = [delay for delay in delays if delay is not None]
            false, quiet = sum(cell["false"] for cell in own), sum(cell["quiet"] for cell in own)
            mean = sum(hits) / len(hits) if hits else float("nan")
            print(f"| {name} | {len(hits)} of {len(delays)} | {mean:.0f} | {1e4 * false / quiet:.1f} |")
        kinds = list(dict.fromkeys(cell["stream"] for cell in found))
        print(f"\n| {mode}: found, mean delay, false alarms | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
        for stream in kinds:
            parts = []
            for name in names:
                own = [c for c in found if (c["detector"], c["mode"], c["stream"]) == (name, mode, stream)]
                delays = [delay for cell in own for delay in cell["delays"]]
                hits = [delay for delay in delays if delay is not None]
                mean = f"{sum(hits) / len(hits):.0f}" if hits else "-"
                parts.append(f"{len(hits)}/{len(delays)}, {mean}, {sum(cell['false'] for cell in own)}")
            print(f"| {stream} | " + " | ".join(parts) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    args = parser.parse_args()
    if args.table:
        table(args.table)
    elif args.program and args.out:
        cells(args)
    else:
        sys.exit("a program and --out, or --table")
