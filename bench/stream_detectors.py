"""Drift detectors on absolute errors: false alarms where nothing changes, and rows until a change at row 5,000 of 10,000 is signalled.

    pip install numpy==2.4.6 river==0.26.1
    python bench/stream_detectors.py

The errors of the first 500 rows are the warm-up's. Each cell: false alarms in 10,000 rows (5,000 before a change), then the median of the rows
until the first signal after the change; means and medians of eight seeds.
"""

import math

import numpy as np
from river import drift

ROWS, CHANGE, WARM_UP, SEEDS = 10_000, 5_000, 500, 8


class Hddm:
    """HDDM_A for numbers from 0 to 1."""

    def __init__(self):
        self.now, self.best = (0, 0.0), None

    def update(self, value):
        def bounded(n, w):
            return w / n + math.sqrt(0.5 / n * math.log(1000))

        self.now = (self.now[0] + 1, self.now[1] + value)
        if self.best is None or bounded(*self.best) >= bounded(*self.now):
            self.best = self.now
        (n, w), (m, v) = self.now, self.best
        if n > m and w / n - v / m >= math.sqrt(0.5 * (1 / m - 1 / n) * math.log(2000)):
            self.__init__()
            return True
        return False


class Scaled:
    """Ours: errors divided by some medians of the warm-up's; taken anew from 100 errors after a drift."""

    def __init__(self, warmup, medians):
        self.medians = medians
        self.fit(warmup)

    def fit(self, errors):
        self.limit, self.collected, self.hddm = self.medians * np.median(errors), [], Hddm()
        for error in errors:
            self.hddm.update(min(error / self.limit, 1))

    def update(self, error):
        if self.limit is None:
            self.collected.append(error)
            if len(self.collected) == 100:
                self.fit(self.collected)
            return False
        if self.hddm.update(min(error / self.limit, 1)):
            self.limit = None
            return True
        return False


class Beyond:
    """HDDM_A on whether an error lies beyond the 80th percentile of the warm-up's."""

    def __init__(self, warmup):
        self.limit, self.hddm = np.quantile(warmup, 0.8), Hddm()
        for error in warmup:
            self.hddm.update(float(error > self.limit))

    def update(self, error):
        return self.hddm.update(float(error > self.limit))


class River:
    """A detector of river on errors divided by the warm-up's mean, at most `most`; ADWIN's signals of a decrease do not count."""

    def __init__(self, warmup, detector, most):
        self.scale, self.detector, self.most = np.mean(warmup), detector, most
        for error in warmup:
            self.update(error)

    def update(self, error):
        before = getattr(self.detector, "estimation", 0)
        self.detector.update(min(error / self.scale, self.most))
        return self.detector.drift_detected and getattr(self.detector, "estimation", 1) > before


DETECTORS = {
    "HDDM_A, 4 medians": lambda warmup: Scaled(warmup, 4),
    "HDDM_A, 6 medians": lambda warmup: Scaled(warmup, 6),
    "HDDM_A, 80th percentile": Beyond,
    "ADWIN": lambda warmup: River(warmup, drift.ADWIN(), math.inf),
    "ADWIN, at most 5 means": lambda warmup: River(warmup, drift.ADWIN(), 5),
    "Page-Hinkley": lambda warmup: River(warmup, drift.PageHinkley(mode="up"), 8),
}
# name, factor of the errors from the change on
STREAMS = [
    ("normal", 1), ("Student t3", 1), ("correlated", 1), ("falling", 1),
    ("normal", 1.5), ("normal", 2), ("normal", 3), ("Student t3", 2), ("correlated", 2), ("falling", 2), ("normal", "ramp"),
]


def errors(name, factor, seed):
    numbers = np.random.default_rng(seed)
    noise = numbers.standard_t(3, ROWS) if name == "Student t3" else numbers.standard_normal(ROWS)
    rows = np.arange(ROWS)
    if name == "correlated":
        for k in range(1, ROWS):
            noise[k] = 0.7 * noise[k - 1] + math.sqrt(1 - 0.49) * noise[k]
    if name == "falling":
        noise *= 0.5 + 0.5 * np.exp(-rows / 1500)
    noise[CHANGE:] *= 1 + np.minimum((rows[CHANGE:] - CHANGE) / 2500, 1) if factor == "ramp" else factor
    return np.abs(noise)


print("| errors | change | " + " | ".join(DETECTORS) + " |")
print("|---|---|" + "---|" * len(DETECTORS))
for name, factor in STREAMS:
    cells = []
    for make in DETECTORS.values():
        false, delays = 0, []
        for seed in range(SEEDS):
            found = errors(name, factor, seed)
            detector = make(found[:WARM_UP])
            signals = [k for k in range(WARM_UP, ROWS) if detector.update(found[k])]
            has_change = factor != 1
            false += sum(1 for k in signals if not has_change or k < CHANGE)
            delays += [k - CHANGE for k in signals if has_change and k >= CHANGE][:1]
        cells.append(f"{false / SEEDS:.1f}" + (f", {np.median(delays):.0f} rows" if delays else ""))
    print(f"| {name} | {factor} | " + " | ".join(cells) + " |", flush=True)
