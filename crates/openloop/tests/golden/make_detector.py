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


def signals(rates):
    detector, warnings, drifts = HDDMA(), [], []
    for k, wrong in enumerate(outcomes(rates)):
        detector.update(wrong)
        if detector.drift_detected:
            drifts.append(k)
        elif detector.warning_detected:
            warnings.append(k)
    return {"rates": rates, "warnings": warnings, "drifts": drifts}


cases = [[20, 20, 20], [20, 20, 300, 20], [0, 0, 5, 50], [100, 150, 200, 250, 900], [500, 100, 500]]
path = pathlib.Path(__file__).with_name("detector.json")
path.write_text(json.dumps([signals(rates) for rates in cases]) + "\n")
