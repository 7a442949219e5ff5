"""Writes detector.json: where HDDM_A (HDDMA) of the library `river` signals warnings and drifts.

    pip install river==0.26.1
    python make_detector.py
"""

import json
import pathlib

from river.drift.binary import HDDMA


def outcomes(rates):
    state = 42
    for rate in rates:
        for _ in range(500):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            yield (state >> 33) % 1000 < rate


def shares(rates):
    """Outcomes between 0 and 1: the squares of uniform numbers, times a rate."""
    state = 42
    for rate in rates:
        for _ in range(500):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            unit = (state >> 33) / 2**31
            yield unit * unit * rate / 1000


def signals(rates, kind):
    detector, warnings, drifts = HDDMA(), [], []
    for k, wrong in enumerate(kind(rates)):
        detector.update(wrong)
        if detector.drift_detected:
            drifts.append(k)
        elif detector.warning_detected:
            warnings.append(k)
    return {"rates": rates, "shares": kind is shares, "warnings": warnings, "drifts": drifts}


cases = [[20, 20, 20], [20, 20, 300, 20], [0, 0, 5, 50], [100, 150, 200, 250, 900], [500, 100, 500]]
path = pathlib.Path(__file__).with_name("detector.json")
kinds = [(rates, outcomes) for rates in cases] + [(rates, shares) for rates in [[300] * 4, [300, 300, 900], [600, 300, 700, 1000]]]
path.write_text(json.dumps([signals(rates, kind) for rates, kind in kinds]) + "\n")
