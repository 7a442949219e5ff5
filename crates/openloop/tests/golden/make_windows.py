"""Writes windows.json: what NumPy and SciPy say of windows of which openloop::data::WindowFeatures makes statistics and spectra.

Each case is a window [moments, channels] drawn by a seeded generator: tones, steps and noise of very different sizes, of 4 to 200 moments.
For each channel, one after the other:

    stats       mean, population standard deviation, minimum, maximum, root mean square, and the changes of sign of x - mean
    spectrum    these, then for each octave ln(E + 1e-12) of the last P moments, P the largest power of two that is not more than all:
                X = numpy.fft.rfft(hann * (x - mean)) with scipy's periodic Hann window,
                E = sum |X_k|^2 / P^2 over k = 2^b .. 2^(b+1) - 1, and k = P / 2 in the last octave

Run `python make_windows.py`; it writes beside itself. Made with Python 3.11.7, numpy 2.4.6 and scipy 1.17.1.
"""

import json
from pathlib import Path

import numpy as np
from scipy.signal import get_window


def stats(x):
    sides = np.sign(x - x.mean())
    sides = sides[sides != 0]
    crossings = int(np.count_nonzero(sides[1:] != sides[:-1]))
    return [x.mean(), x.std(), x.min(), x.max(), np.sqrt(np.mean(x**2)), crossings]


def bands(x):
    size = 2 ** int(np.log2(len(x)))
    used = (x - x.mean())[-size:]
    energy = np.abs(np.fft.rfft(get_window("hann", size, fftbins=True) * used)) ** 2 / size**2
    octaves = int(np.log2(size)) - 1
    ends = [2 ** (b + 1) for b in range(octaves - 1)] + [size // 2 + 1]
    return [np.log(energy[2**b : end].sum() + 1e-12) for b, end in enumerate(ends)]


def window(random, moments, channels):
    t = np.arange(moments)
    columns = []
    for _ in range(channels):
        size, offset, cycles = 10.0 ** random.uniform(-2, 3), random.normal(0, 100), random.uniform(0.5, moments / 2)
        tone = np.sin(2 * np.pi * cycles * t / moments + random.uniform(0, 6))
        columns.append(offset + size * (tone + random.normal(0, 0.3, moments) + (t > moments / 2)))
    return np.stack(columns, axis=1)


random = np.random.default_rng(5)
cases = []
for moments, channels in [(4, 1), (5, 2), (8, 3), (16, 2), (33, 1), (64, 2), (200, 2)]:
    rows = window(random, moments, channels)
    cases.append(
        {
            "rows": [[float(v) for v in row] for row in rows],
            "stats": [float(v) for c in rows.T for v in stats(c)],
            "spectrum": [float(v) for c in rows.T for v in stats(c) + bands(c)],
        }
    )
Path(__file__).with_name("windows.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
