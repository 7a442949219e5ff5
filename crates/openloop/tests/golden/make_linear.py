"""Writes linear.json: weights of weighted ridge regressions, each solved from all of its rows at once with NumPy.

    pip install numpy==2.4.6
    python make_linear.py
"""

import json
import pathlib

import numpy as np

PRIOR = 1000.0


def rows(count):
    state = 7

    def unit():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return np.float32(np.float32(state >> 40) / np.float32(1 << 24) - np.float32(0.5))

    inputs, targets = [], []
    for k in range(count):
        x = [unit(), unit(), unit()]
        a, b, c = (float(value) for value in x)
        inputs.append([a, b, c, 1.0])
        targets.append([1.0 + 2.0 * a - b + 0.1 * float(unit()), k / 500.0 * c - 3.0 * a * b])
    return np.array(inputs), np.array(targets)


def weights(count, forgetting):
    inputs, targets = rows(count)
    share = forgetting ** np.arange(count - 1, -1, -1)
    ridge = forgetting**count / PRIOR * np.eye(inputs.shape[1])
    squares = inputs.T @ (share[:, None] * inputs) + ridge
    solved = np.linalg.solve(squares, inputs.T @ (share[:, None] * targets))
    return {"rows": count, "forgetting": forgetting, "weights": solved.T.tolist()}


cases = [weights(20, 1.0), weights(1000, 1.0), weights(1000, 0.98), weights(3000, 0.999)]
path = pathlib.Path(__file__).with_name("linear.json")
path.write_text(json.dumps(cases) + "\n")
