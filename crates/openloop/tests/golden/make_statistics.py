"""Writes statistics.json: what SciPy finds in samples that the Rust tests give to openloop::experiment::statistics.

Samples are drawn by a seeded generator: wide and narrow, with and without ties and zeros, of 2 to 400 values. Each
case holds `values` and

    mean, deviation     numpy, ddof=1
    t, p, interval      scipy.stats.ttest_1samp against 0, and its 95 % confidence interval
    overlapping         t, p and interval of the same mean whose squared error is var (1 / n + 0.25), from scipy.stats.t:
                        the corrected resampled t test of Nadeau and Bengio (Machine Learning 52, 2003)
    rank_sum, rank_p    scipy.stats.wilcoxon with zeros left out. Up to 25 values: method "exact" if there are neither
                        ties nor zeros; with them, an exhaustive permutation test over all signs for up to 16 values,
                        and nothing for more. Beyond 25: "asymptotic", no continuity correction.

`shares` holds count, of and `interval`, scipy.stats.binomtest(count, of).proportion_ci(0.95, "wilson").

SciPy has no Holm correction. `holm` is computed from its definition as a closed test instead (Marcus, Peritz and
Gabriel, Biometrika 1976): a hypothesis is rejected if every set of hypotheses that holds it is, by Bonferroni; so
its corrected p value is the largest, over those sets, of the set's size times its smallest p value.

Run `python make_statistics.py`; it writes beside itself. Made with Python 3.11.7, numpy 2.4.6 and scipy 1.17.1.
"""

import itertools
import json
from pathlib import Path

import numpy as np
from scipy import stats

EXACT = 25


def rank_test(values):
    kept = values[values != 0]
    plain = len(kept) == len(values) and len(set(np.abs(kept))) == len(kept)
    if len(kept) > EXACT:
        return stats.wilcoxon(values, method="asymptotic", correction=False)
    if plain:
        return stats.wilcoxon(values, method="exact")
    if len(kept) <= 16:
        return stats.wilcoxon(kept, method=stats.PermutationMethod(n_resamples=2**17))
    return None


def case(values):
    values = np.asarray(values, dtype=np.float64)
    test = stats.ttest_1samp(values, 0)
    interval = test.confidence_interval(0.95)
    ranks = rank_test(values)
    return {
        "values": values.tolist(),
        "mean": values.mean(),
        "deviation": values.std(ddof=1),
        "t": float(test.statistic),
        "p": float(test.pvalue),
        "interval": [float(interval.low), float(interval.high)],
        "overlapping": overlapping(values, 0.25),
        "rank_sum": None if ranks is None else float(ranks.statistic),
        "rank_p": None if ranks is None else float(ranks.pvalue),
    }


def overlapping(values, overlap):
    n, error = len(values), np.sqrt(values.var(ddof=1) * (1 / len(values) + overlap))
    t = values.mean() / error
    low, high = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=error)
    return {"overlap": overlap, "t": t, "p": 2 * stats.t.sf(abs(t), n - 1), "interval": [low, high]}


def samples(random):
    for n in [2, 3, 4, 5, 8, 10, 20, 25, 26, 40, 400]:
        for shift in [0.0, 0.3, 5.0]:
            yield random.normal(shift, 1, n).round(6)
    for n in [5, 9, 13, 16, 30, 100]:  # whole numbers: ties and zeros
        yield random.integers(-3, 6, n)
    yield [1e-9, 2e-9, 1.5e-9]
    yield [1e6, 1e6 + 1, 1e6 + 3, 1e6 - 2]
    yield random.normal(30, 1, 10).round(6)  # a p value far out in the tail


def holm(p):
    indices = range(len(p))
    sets = [s for size in range(1, len(p) + 1) for s in itertools.combinations(indices, size)]
    return [max(min(1.0, len(s) * min(p[k] for k in s)) for s in sets if i in s) for i in indices]


def widened(values, factor):
    """The confidence interval at the level 1 - 0.05 / factor."""
    interval = stats.ttest_1samp(np.asarray(values, dtype=np.float64), 0).confidence_interval(1 - 0.05 / factor)
    return {"values": list(map(float, values)), "factor": factor, "interval": [float(interval.low), float(interval.high)]}


def share(count, of):
    interval = stats.binomtest(count, of).proportion_ci(0.95, "wilson")
    return {"count": count, "of": of, "interval": [float(interval.low), float(interval.high)]}


def main():
    random = np.random.default_rng(20)
    families = [[0.04], [0.01, 0.04, 0.03, 0.02], [0.5, 0.5, 0.9], [1e-9, 0.3, 1e-9, 0.02, 1.0], list(random.uniform(0, 0.2, 7))]
    result = {
        "cases": [case(values) for values in samples(random)],
        "widened": [widened(random.normal(0.4, 1, 8).round(6), factor) for factor in [1.0, 2.0, 3.7, 40.0]],
        "holm": [{"p": p, "corrected": holm(p)} for p in families],
        "shares": [share(*pair) for pair in [(0, 1), (1, 1), (0, 20), (20, 20), (7, 9), (228, 240), (1, 10**6), (12345, 67890)]],
    }
    path = Path(__file__).with_name("statistics.json")
    path.write_text(json.dumps(result, separators=(",", ":")).replace("},{", "},\n{") + "\n")


main()
