"""Writes norm.safetensors: what PyTorch computes for a network with normalised convolutions under several rules, in float64.

The network, from [2, 7, 6]: 3 kernels 3x3 padding 1, batch norm, tanh, max pool 2x2 -> 4 kernels 3x3 padding 1, batch norm, tanh ->
5 tanh -> 4, cross-entropy. All factors are means over the batch. Rules are losses of each hidden layer whose input is detached,
so that autograd makes every gradient, that of the normalisation too:

    bp                     the network's own loss, nothing is detached
    drtp                   a . (t B)
    dfa                    a . ((y - t) B), with y detached
    local-error            the cross-entropy of a B^T
    local-error-learned    the cross-entropy of a R^T + c, with R = B and c = 0 at first, which learn too
    lls                    the cross-entropy of (a / |a|) B^T

The matrices B are drawn for all rules, lls's too. A batch normalises by its own numbers and moves the running ones by 0.1, with the
unbiased variance, which is what torch.nn.functional.batch_norm does. A single sample is normalised by the running ones as constants and
then moves them by 0.01 towards its mean and its mean squared distance from the running mean, which is written out here.

Keys: x0 x1 labels0 labels1 (two batches), w{k} b{k} for each layer (b of a normalised one is its shift), norm{k} [3, channels] (scale,
running mean, running variance), feedback{k} of the hidden layers; then {rule}/ with all of these and readout{k} readout_bias{k} after
two steps of plain gradient descent at rate 0.1, y with the answers to x0 by the running numbers after them; and {rule}/sample/ the
same after two steps on the first two samples of x0, one at a time.

Run `python make_norm.py`; it writes beside itself.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

RATE, CLASSES, SAMPLES = 0.1, 4, 6
RULES = ["bp", "drtp", "dfa", "local-error", "local-error-learned", "lls"]
CONVOLUTIONS = [0, 1]
HIDDEN = {0: 3 * 7 * 6, 1: 4 * 3 * 3, 2: 5}
WEIGHTS = {0: (3, 2, 3, 3), 1: (4, 3, 3, 3), 2: (5, 4 * 3 * 3), 3: (CLASSES, 5)}


def draw():
    """Batches, initial numbers and matrices, rounded to float32 so that both programs start alike."""
    generator = torch.Generator().manual_seed(3)

    def uniform(low, high, *shape):
        values = torch.rand(*shape, generator=generator, dtype=torch.float64) * (high - low) + low
        return values.float().double()

    numbers = {}
    for batch in (0, 1):
        numbers[f"x{batch}"] = uniform(-1.5, 1.5, SAMPLES, 2 * 7 * 6)
        numbers[f"labels{batch}"] = torch.randint(CLASSES, (SAMPLES,), generator=generator)
    for k, shape in WEIGHTS.items():
        bound = (3 / torch.tensor(shape[1:]).prod().item()) ** 0.5
        numbers[f"w{k}"] = uniform(-bound, bound, *shape)
        numbers[f"b{k}"] = uniform(-0.5, 0.5, shape[0])
    for k in CONVOLUTIONS:
        channels = WEIGHTS[k][0]
        scale, mean, variance = uniform(0.5, 1.5, channels), uniform(-0.3, 0.3, channels), uniform(0.5, 2, channels)
        numbers[f"norm{k}"] = torch.stack([scale, mean, variance])
    for k, width in HIDDEN.items():
        bound = (6 / width) ** 0.5
        numbers[f"feedback{k}"] = uniform(-bound, bound, CLASSES, width)
    return numbers


def normalise(z, state, k, learning):
    """A normalised layer's sums; moves its running numbers if it learns."""
    scale, shift = state[f"scale{k}"], state[f"b{k}"]
    mean, variance = state[f"mean{k}"], state[f"variance{k}"]
    if learning and len(z) > 1:
        return F.batch_norm(z, mean, variance, scale, shift, training=True, momentum=0.1, eps=1e-5)
    out = F.batch_norm(z, mean.clone(), variance.clone(), scale, shift, training=False, eps=1e-5)
    if learning:
        own = z.detach()
        square = ((own - mean.view(1, -1, 1, 1)) ** 2).mean((0, 2, 3))
        mean += 0.01 * (own.mean((0, 2, 3)) - mean)
        variance += 0.01 * (square - variance)
    return out


def forward(state, x, rule, learning):
    """The hidden layers' outputs and the network's sums."""
    a, outputs = x.view(-1, 2, 7, 6), []
    for k in (0, 1, 2):
        if k in CONVOLUTIONS:
            a = torch.tanh(normalise(F.conv2d(a, state[f"w{k}"], padding=1), state, k, learning))
        else:
            a = torch.tanh(F.linear(a.flatten(1), state[f"w{k}"], state[f"b{k}"]))
        outputs.append(a.flatten(1))
        if k == 0:
            a = F.max_pool2d(a, 2)
        if rule != "bp":
            a = a.detach()
    return outputs, F.linear(a, state["w3"], state["b3"])


def local_loss(rule, state, k, a, y, target, labels):
    """The loss of a hidden layer."""
    matrix = state[f"feedback{k}"]
    if rule == "drtp":
        return (a * (target @ matrix)).sum() / len(a)
    if rule == "dfa":
        return (a * ((y - target) @ matrix)).sum() / len(a)
    if rule == "lls":
        a = a / a.norm(dim=1, keepdim=True)
    if rule == "local-error-learned":
        matrix, bias = state[f"readout{k}"], state[f"readout_bias{k}"]
        # the layer is taught through the readout, and the readout by what it reads: neither waits for the other's step
        return F.cross_entropy(a @ matrix.T + bias, labels)
    return F.cross_entropy(a @ matrix.T, labels)


def learn(state, x, labels, rule):
    """One step."""
    outputs, sums = forward(state, x, rule, learning=True)
    target = F.one_hot(labels, CLASSES).double()
    loss = F.cross_entropy(sums, labels)
    if rule != "bp":
        y = sums.softmax(1).detach()
        loss = loss + sum(local_loss(rule, state, k, a, y, target, labels) for k, a in enumerate(outputs))
    leaves = [value for value in state.values() if value.requires_grad]
    for value in leaves:
        value.grad = None
    loss.backward()
    with torch.no_grad():
        for value in leaves:
            if value.grad is not None:
                value -= RATE * value.grad


def start(numbers, rule):
    """The network before the first step."""
    state = {}
    for k in WEIGHTS:
        state[f"w{k}"], state[f"b{k}"] = numbers[f"w{k}"].clone(), numbers[f"b{k}"].clone()
    for k in CONVOLUTIONS:
        state[f"scale{k}"], state[f"mean{k}"], state[f"variance{k}"] = numbers[f"norm{k}"].clone()
    for k in HIDDEN:
        state[f"feedback{k}"] = numbers[f"feedback{k}"]
        if rule == "local-error-learned":
            state[f"readout{k}"] = numbers[f"feedback{k}"].clone()
            state[f"readout_bias{k}"] = torch.zeros(CLASSES, dtype=torch.float64)
    for name, value in state.items():
        if name.startswith(("w", "b", "scale", "readout")):
            state[name] = value.clone().requires_grad_()
    return state


def result(state, rule, x):
    """What the file holds of a network that learned."""
    saved = {f"{kind}{k}": state[f"{kind}{k}"] for k in WEIGHTS for kind in "wb"}
    for k in CONVOLUTIONS:
        saved[f"norm{k}"] = torch.stack([state[f"scale{k}"], state[f"mean{k}"], state[f"variance{k}"]])
    for name, value in state.items():
        if name.startswith("readout"):
            saved[name] = value
    saved["y"] = forward(state, x, rule, learning=False)[1].softmax(1)
    return saved


def main():
    numbers = draw()
    saved = dict(numbers)
    for rule in RULES:
        state = start(numbers, rule)
        for batch in (0, 1):
            learn(state, numbers[f"x{batch}"], numbers[f"labels{batch}"], rule)
        saved |= {f"{rule}/{name}": value for name, value in result(state, rule, numbers["x0"]).items()}
        state = start(numbers, rule)
        for sample in (0, 1):
            learn(state, numbers["x0"][sample : sample + 1], numbers["labels0"][sample : sample + 1], rule)
        saved |= {f"{rule}/sample/{name}": value for name, value in result(state, rule, numbers["x0"]).items()}
    kind = {torch.int64: torch.int32, torch.float64: torch.float32}
    saved = {name: value.detach().to(kind[value.dtype]).contiguous() for name, value in saved.items()}
    save_file(saved, Path(__file__).with_name("norm.safetensors"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
