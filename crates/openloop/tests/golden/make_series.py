"""Writes series.safetensors: what PyTorch computes for small networks that convolve along time, under some learning rules.

The same as make_conv.py, whose draws, hooks and conditions it uses, for windows [channels, moments, 1]. A filter is K x 1, its stride and
padding are those of the moments alone, and pools have windows of 2 x 1:

    S  [3, 12, 1]  4 kernels 5x1 stride 1 padding 2, max 2x1 -> 3 kernels 3x1 stride 2 padding 1, average 2x1 (the third moment is
                   dropped) -> 5 tanh -> 4
    T  [2, 9, 1]   3 kernels 4x1 stride 1 padding 0, max 2x1 -> 4

Run `python make_series.py`; it writes beside itself. Made with Python 3.11.7 and torch 2.15.0.
"""

import functools
from pathlib import Path

import torch
from make_conv import CLASSES, Conv, Network, draw, run_case
from make_dense import RULES, search, write


class Series(Conv):
    """A convolution along the moments; `stride` and `padding` are pairs, of the moments and of the one column."""

    def weight(self, channels):
        return (self.kernels, channels, self.size, 1)

    def maps(self, shape):
        return (self.kernels, (shape[1] - self.size + 2 * self.padding[0]) // self.stride[0] + 1, 1)

    def pooled(self, shape):
        return shape if self.pool == "none" else (shape[0], shape[1] // 2, 1)


def along(kernels, size, stride, padding, pool):
    return Series(kernels, size, (stride, 1), (padding, 0), pool)


NETWORKS = {
    "S": Network(
        (3, 12, 1),
        [along(4, 5, 1, 2, "max"), along(3, 3, 2, 1, "average"), 5, CLASSES],
        0,
        [*(("bce", rule) for rule in RULES if rule != "lls"), ("ce", "drtp")],  # as for B of make_conv.py
    ),
    "T": Network(
        (2, 9, 1),
        [along(3, 4, 1, 0, "max"), CLASSES],
        0,
        [("bce", "bp"), ("bce", "fa"), ("bce", "drtp"), ("bce", "bp-frozen")],
    ),
}


def attempt(name, seed):
    """Everything that the file holds of one network."""
    network = NETWORKS[name]
    numbers = draw(network, seed)
    saved = dict(numbers)
    for loss, case in network.cases:
        saved |= run_case(network, loss, case, numbers)
    return {f"{name}/{key}": value for key, value in saved.items()}


def main():
    seeds, saved = {}, {}
    for name, network in NETWORKS.items():
        seeds[name], found = search(network.first_seed, functools.partial(attempt, name))
        saved |= found
    write(Path(__file__).with_name("series.safetensors"), saved, seeds)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
