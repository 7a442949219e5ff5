"""Writes conv.safetensors: what PyTorch computes for small convolutional networks under every learning rule.

The convolutional half of make_dense.py, whose rules, losses, optimizers and conditions it imports. What it adds:

    A block is convolution -> tanh -> pool (maximum, average or none), and the hook sits between tanh and pool. So dfa,
    sdfa, drtp, shallow and local-error put their signal on every pixel of the map before pooling and skip the pool's
    routing, also at pixels that no window covers or selects; bp and fa go through it.
    The feedback matrix of a block is [classes, channels * height * width] of the map before pooling.
    Under fa the gradient handed down through a convolution is its transposed convolution (same stride and padding) with
    a fixed tensor shaped like its weights; the weights' own gradient uses the true incoming one.
    Frozen cases train all but the convolutions. Their weights are saved after the steps too: unchanged.

Networks, from [channels, height, width], with four outputs each:

    A  [2, 7, 6]  3 kernels 3x3 stride 1 padding 1, max 2x2 (the seventh row is dropped) -> 5 tanh -> 4
    B  [2, 8, 8]  3 kernels 3x3 stride 1 padding 1, max 2x2 -> 4 kernels 3x3 stride 2 padding 1, average 2x2 -> 5 tanh
                  -> 4
    C  [1, 6, 6]  2 kernels 5x5 stride 1 padding 2 -> 3 kernels 3x3 stride 1 padding 0 -> 4

Keys: labels0 labels1 for all; under {network}/ x0 x1 ([samples, channels * height * width], row-major, channels first),
w0 b0 w1 b1 ... (initial; convolution [kernels, channels, size, size], fully connected [out, in]), feedback0 ... (hidden
layers), fa1 ... (shaped like w1 ...), counted over layers that have weights; then under {network}/{loss}/{rule}/ and
{network}/{loss}/{rule}/{optimizer}/ what make_dense.py has under its cases. A frozen case's {rule} ends in -frozen; it
has no gradients for its convolutions.

Initial weights are drawn within +-sqrt(6 / fan in), wider than usual, so that few gradients come near zero. No maximum
is within 1e-4 of another value in its window. The seed is searched for each network; the metadata holds all three.

Run `python make_conv.py`; it writes beside itself.
"""

import functools
import itertools
import math
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F

from make_dense import (
    OUTPUTS,
    RULES,
    SAMPLES,
    IllConditioned,
    detour,
    readout_loss,
    readout_names,
    readouts,
    search,
    signal,
    streams,
    target_of,
    train,
    write,
)

CLASSES = 4


class Conv(NamedTuple):
    kernels: int
    size: int
    stride: int
    padding: int
    pool: str  # "max" and "average" have windows of 2x2, two apart; "none"

    def weight(self, channels):
        """The shape of the weights."""
        return (self.kernels, channels, self.size, self.size)

    def maps(self, shape):
        """The shape after the convolution, before the pool."""
        return (self.kernels, *((n - self.size + 2 * self.padding) // self.stride + 1 for n in shape[1:]))

    def pooled(self, shape):
        """The shape after the pool."""
        return shape if self.pool == "none" else (shape[0], shape[1] // 2, shape[2] // 2)


class Network(NamedTuple):
    shape: tuple  # of the input: channels, height, width
    layers: list  # a Conv, or a fully connected layer's width
    first_seed: int  # the first from 0 that is well-conditioned
    cases: list  # (loss, rule), with the rule of a frozen case ending in -frozen


CASES = {
    "A": [*itertools.product(("bce", "ce"), RULES), ("bce", "bp-frozen"), ("bce", "drtp-frozen")],
    "B": [("bce", rule) for rule in RULES if rule != "lls"],  # A has it; here a gradient would come too near zero
    "C": [("bce", "bp"), ("bce", "fa"), ("bce", "drtp")],
}
NETWORKS = {
    "A": Network((2, 7, 6), [Conv(3, 3, 1, 1, "max"), 5, CLASSES], 73, CASES["A"]),
    "B": Network((2, 8, 8), [Conv(3, 3, 1, 1, "max"), Conv(4, 3, 2, 1, "average"), 5, CLASSES], 321, CASES["B"]),
    "C": Network((1, 6, 6), [Conv(2, 5, 1, 2, "none"), Conv(3, 3, 1, 0, "none"), CLASSES], 0, CASES["C"]),
}


def draw(network, seed):
    """Draws batches, initial weights and feedback matrices."""
    normal, uniform = streams(seed)
    numbers = {f"x{batch}": normal(SAMPLES, math.prod(network.shape)) for batch in (0, 1)}
    shape = network.shape
    for k, layer in enumerate(network.layers):
        if isinstance(layer, Conv):
            weight, activation = layer.weight(shape[0]), layer.maps(shape)
            shape = layer.pooled(activation)
        else:
            weight, activation = (layer, math.prod(shape)), (layer,)
            shape = activation
        bound = (6 / math.prod(weight[1:])) ** 0.5
        numbers[f"w{k}"] = uniform(bound, *weight)
        numbers[f"b{k}"] = uniform(bound, weight[0])
        if k > 0:
            numbers[f"fa{k}"] = uniform(bound, *weight)
        if k < len(network.layers) - 1:
            pixels = math.prod(activation)
            numbers[f"feedback{k}"] = uniform((6 / pixels) ** 0.5, CLASSES, pixels)
    return numbers | readouts(numbers, len(network.layers) - 1)


def pool(kind, a):
    """Pools the maps; demands that every maximum stand clear of the rest of its window."""
    if kind == "none":
        return a
    window = tuple(min(2, side) for side in a.shape[2:])
    if kind == "average":
        return F.avg_pool2d(a, window)
    values = a.detach().unfold(2, window[0], window[0]).unfold(3, window[1], window[1]).flatten(4)
    first, second = values.topk(2).values.unbind(-1)
    if (first - second < 1e-4).any():
        raise IllConditioned
    return F.max_pool2d(a, window)


def forward(network, loss, rule, parameters, numbers, batch):
    """Runs the network with the rule's hooks in place; returns the output layer's activation and the classifiers' loss."""
    target = target_of(loss, numbers, batch)
    beside, asides = parameters[2 * len(network.layers) :], 0.0
    a = numbers[f"x{batch}"].unflatten(1, network.shape)
    for k, layer in enumerate(network.layers):
        weight, bias = parameters[2 * k : 2 * k + 2]
        if isinstance(layer, Conv):
            operation = functools.partial(F.conv2d, stride=layer.stride, padding=layer.padding)
        else:
            operation, a = F.linear, a.flatten(1)
        if rule == "fa" and k > 0:
            z = detour(operation, a, weight, bias, numbers[f"fa{k}"])
        else:
            z = operation(a, weight, bias)
        if k == len(network.layers) - 1:
            output = OUTPUTS[loss](z)
            break
        a = torch.tanh(z)
        if rule not in ("bp", "fa") and a.requires_grad:  # called during the backward pass, when `output` is known

            feedback, bias = numbers[f"feedback{k}"], 0.0
            if beside:
                feedback, bias = beside[2 * k : 2 * k + 2]
                asides += readout_loss(loss, a.flatten(1), feedback, bias, target)
                feedback, bias = feedback.detach(), bias.detach()

            def replace(_, a=a.detach(), feedback=feedback, bias=bias):
                return signal(loss, rule, a.flatten(1), feedback, output.detach(), target, bias).view_as(a)

            a.register_hook(replace)
        if isinstance(layer, Conv):
            a = pool(layer.pool, a)
    return output, asides


def run_case(network, loss, case, numbers):
    """Trains one configuration with each optimizer; returns its tensors by key."""
    rule = case.removesuffix("-frozen")

    def run(parameters, batch):
        return forward(network, loss, rule, parameters, numbers, batch)

    names = [f"{kind}{k}" for k in range(len(network.layers)) for kind in "wb"]
    names += readout_names(rule, range(len(network.layers) - 1))
    frozen = [name for name in names if rule != case and isinstance(network.layers[int(name[1:])], Conv)]  # no rule with readouts is frozen
    return train(f"{loss}/{case}", loss, ["nesterov", "adam"], run, names, numbers, frozen)


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
    write(Path(__file__).with_name("conv.safetensors"), saved, seeds)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
