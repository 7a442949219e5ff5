"""Writes dense.safetensors: what PyTorch computes for a small fully connected network under every learning rule.

The Rust tests load the file and demand the same outputs, losses, gradients and weights. It is an independent source:
no chain rule is written out here. PyTorch's autograd does the backward pass, and a rule only changes what flows in it:

    bp            nothing is changed
    fa            the gradient handed to the layer below passes through a fixed matrix shaped like W, instead of W
    dfa           a hook on each hidden activation replaces its gradient by (y - t) B
    sdfa          ... by sign(y - t) B
    drtp          ... by t B
    drtp-gated    ... by t B where -(t B) a is below 0.6 of the sum of |t B|, else by zero
    shallow       ... by zero
    local-error   ... by (softmax(a G^T) - t) G; without the softmax if the loss is mse; G is B's matrix
    local-hinge   ... by B's row of the strongest wrong class of a G^T minus that of the right one, unless the right one is
                  3 ahead
    lls           ... by the gradient at a of the cross-entropy of (a / |a|) G^T (bce, ce), or of half the squared error (mse)
    local-error-learned   the same as local-error with a classifier R, b in place of G, which starts as G, 0 and is trained along: its
                  own loss, of the detached a, is summed over the batch and added to what is differentiated

The replaced signals carry neither 1/N nor 1/C, while the loss is a mean: the scaling of the authors' published code.
Steps are taken by torch.optim. Everything is computed in float64 from inputs that float32 holds exactly, and
saved as float32, so what a float32 implementation differs by is its own rounding.

Keys: x0 x1 labels0 labels1 values0 values1 (two batches), w0 b0 w1 b1 w2 b2 (initial weights, [out, in]),
feedback0 feedback1 ([classes, width], for dfa, sdfa, drtp, lls and local-error), fa1 fa2 (shaped like w1 and w2); then under
{activation}/{loss}/{rule}/ the output y0, loss0 and gradients gw0 gb0 ... of batch 0 at the initial weights; and under
{activation}/{loss}/{rule}/{optimizer}/ the output y1 and loss1 of batch 1 after a step on batch 0, and the weights
w0 b0 ... after a step on each batch. Classifiers that are trained along: readout0 readout_bias0 ... likewise.

Reported losses: bce and mse are summed over samples and outputs, then divided by the number of samples; ce is the mean
over samples. What is differentiated is the mean over samples and outputs (bce, mse) or over samples (ce).

Run `python make_dense.py`; it writes beside itself. Made with Python 3.11.7, torch 2.15.0 and safetensors 0.8.0; the
file's metadata says so too. Random streams and optimizers may change between releases of torch, and the file with them.
"""

import contextlib
import itertools
import json
import math
import platform
from pathlib import Path

import safetensors
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

SIZES = [7, 6, 5, 4]  # input, two hidden layers, output
SAMPLES = 3
LABELS = [torch.tensor([2, 0, 3]), torch.tensor([1, 3, 1])]
FIRST_SEED = 42  # the first from 0 that is well-conditioned; with another torch the search goes on from here

ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu, "identity": lambda z: z}
OUTPUTS = {"bce": torch.sigmoid, "ce": lambda z: F.softmax(z, dim=1), "mse": torch.tanh}
RULES = ["bp", "fa", "dfa", "sdfa", "drtp", "shallow", "local-error", "local-error-learned"]
RULES += ["local-hinge", "drtp-gated", "lls"]
OPTIMIZERS = {
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.99),
}
NORMALIZING = ("adam", "rmsprop")  # these divide by the gradient's size, so a gradient near zero is all rounding error


class IllConditioned(Exception):
    """A number is so near zero that float32 and float64 may disagree on its sign."""


def demand_clear_of_zero(values, margin):
    """Raises IllConditioned if a value that is not exactly zero is closer to zero than the margin."""
    sizes = values.detach().abs()
    if ((sizes > 0) & (sizes < margin)).any():
        raise IllConditioned


def streams(seed):
    """Two functions that draw from one random stream, rounding to float32 and holding as float64."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float32).double()

    def uniform(bound, *shape):
        return ((2 * torch.rand(*shape, generator=generator, dtype=torch.float32) - 1) * bound).double()

    return normal, uniform


def draw(seed):
    """Draws batches, initial weights and feedback matrices."""
    normal, uniform = streams(seed)
    numbers = {}
    for batch in (0, 1):
        numbers[f"x{batch}"] = normal(SAMPLES, SIZES[0])
        numbers[f"values{batch}"] = normal(SAMPLES, SIZES[-1])
    for layer, (inputs, outputs) in enumerate(itertools.pairwise(SIZES)):
        numbers[f"w{layer}"] = uniform(inputs**-0.5, outputs, inputs)
        numbers[f"b{layer}"] = uniform(inputs**-0.5, outputs)
        if layer > 0:
            numbers[f"fa{layer}"] = uniform((6 / inputs) ** 0.5, outputs, inputs)
            numbers[f"feedback{layer - 1}"] = uniform((6 / inputs) ** 0.5, SIZES[-1], inputs)
    return numbers | readouts(numbers, len(SIZES) - 2)


def readouts(numbers, hidden):
    """The hidden layers' own classifiers as they start: the fixed matrix, and no biases."""
    classifiers = {f"readout{k}": numbers[f"feedback{k}"] for k in range(hidden)}
    return classifiers | {f"readout_bias{k}": torch.zeros(len(numbers[f"feedback{k}"])).double() for k in range(hidden)}


def readout_names(rule, layers):
    """The names of the classifiers' parameters beside some hidden layers, under the rule that trains them."""
    return [f"{kind}{k}" for k in layers for kind in ("readout", "readout_bias")] if rule == "local-error-learned" else []


def target_of(loss, numbers, batch):
    """What the network should say: the regression values for mse, else one-hot labels."""
    return numbers[f"values{batch}"] if loss == "mse" else F.one_hot(LABELS[batch], SIZES[-1]).double()


def readout_loss(loss, a, weight, bias, target):
    """What a layer's own classifier is trained by, summed over the batch: its gradient at the sums is answer - target."""
    z = F.linear(a.detach(), weight, bias)
    return 0.5 * ((z - target) ** 2).sum() if loss == "mse" else F.cross_entropy(z, target, reduction="sum")


def signal(loss, rule, a, feedback, output, target, bias=0.0):
    """What replaces the gradient of the hidden activation `a` ([samples, width])."""
    error = output - target
    if rule == "dfa":
        return error @ feedback
    if rule == "sdfa":
        demand_clear_of_zero(error, 1e-3)
        return error.sign() @ feedback
    if rule == "drtp":
        return target @ feedback
    if rule == "shallow":
        return torch.zeros_like(a)
    if rule == "lls":
        with torch.enable_grad():
            leaf = a.clone().requires_grad_()
            answer = F.normalize(leaf, dim=1) @ feedback.T
            half = 0.5 * ((answer - target) ** 2).sum()
            local = half if loss == "mse" else F.cross_entropy(answer, target, reduction="sum")
            return torch.autograd.grad(local, leaf)[0]
    readout = a @ feedback.T + bias
    if rule == "drtp-gated":
        agreement = -(readout * target).sum(1) / (target @ feedback.abs().sum(1))
        demand_clear_of_zero(agreement - 0.6, 1e-3)
        return (target @ feedback) * (agreement < 0.6)[:, None]
    if rule == "local-hinge":
        first, second = readout.masked_fill(target == 1, -math.inf).topk(2)[0].unbind(1)
        ahead = (readout * target).sum(1) - first
        demand_clear_of_zero(torch.cat([first - second, ahead - 3]), 1e-3)
        rival = F.one_hot(readout.masked_fill(target == 1, -math.inf).argmax(1), target.shape[1]).double()
        return ((rival - target) @ feedback) * (ahead < 3)[:, None]
    return ((readout if loss == "mse" else F.softmax(readout, dim=1)) - target) @ feedback


def detour(operation, a, weight, bias, fixed):
    """operation(a, weight, bias), but the gradient handed to `a` passes through `fixed` instead of `weight`."""
    way = operation(a, fixed)  # adds exactly zero, but it is the only way back to `a`
    return operation(a.detach(), weight, bias) + (way - way.detach())


def forward(activation, loss, rule, parameters, numbers, batch):
    """Runs the network with the rule's hooks in place; returns the output layer's activation and the classifiers' loss."""
    target = target_of(loss, numbers, batch)
    beside, asides = parameters[2 * (len(SIZES) - 1) :], 0.0
    a = numbers[f"x{batch}"]
    for layer in range(len(SIZES) - 1):
        weight, bias = parameters[2 * layer : 2 * layer + 2]
        if rule == "fa" and layer > 0:
            z = detour(F.linear, a, weight, bias, numbers[f"fa{layer}"])
        else:
            z = F.linear(a, weight, bias)
        if layer == len(SIZES) - 2:
            output = OUTPUTS[loss](z)
            break
        if activation == "relu":
            demand_clear_of_zero(z, 1e-3)  # its kink
        a = ACTIVATIONS[activation](z)
        if rule not in ("bp", "fa"):  # the hook is called during the backward pass, when `output` is known
            feedback, bias = numbers[f"feedback{layer}"], 0.0
            if beside:
                feedback, bias = beside[2 * layer : 2 * layer + 2]
                asides += readout_loss(loss, a, feedback, bias, target)
                feedback, bias = feedback.detach(), bias.detach()
            a.register_hook(
                lambda _, a=a.detach(), b=feedback, c=bias: signal(loss, rule, a, b, output.detach(), target, c)
            )
    return output, asides


def losses_of(loss, output, numbers, batch):
    """The loss that is differentiated, and the loss that is reported."""
    target = target_of(loss, numbers, batch)
    if loss == "ce":
        mean = F.nll_loss(torch.log(output), LABELS[batch])
        return mean, mean
    measure = F.binary_cross_entropy if loss == "bce" else F.mse_loss
    return measure(output, target), measure(output, target, reduction="sum") / SAMPLES


def train(case, loss, optimizers, forward, names, numbers, frozen=()):
    """Trains `forward(parameters, batch)` with each optimizer; returns its tensors by key."""
    saved = {}
    for optimizer in optimizers:
        parameters = [numbers[name].clone().requires_grad_(name not in frozen) for name in names]
        trained = {name: parameter for name, parameter in zip(names, parameters) if name not in frozen}
        stepper = OPTIMIZERS[optimizer](trained.values())
        for batch in (0, 1):
            stepper.zero_grad()
            output, asides = forward(parameters, batch)
            differentiated, reported = losses_of(loss, output, numbers, batch)
            (differentiated + asides).backward()
            if optimizer in NORMALIZING:
                for parameter in trained.values():
                    demand_clear_of_zero(parameter.grad, 1e-4)
            folder = f"{case}/{optimizer}" if batch else case
            saved |= {f"{folder}/y{batch}": output, f"{folder}/loss{batch}": reported}
            if batch == 0:
                saved |= {f"{case}/g{name}": parameter.grad.clone() for name, parameter in trained.items()}
            stepper.step()
        saved |= {f"{case}/{optimizer}/{name}": parameter for name, parameter in zip(names, parameters)}
    return saved


def run_case(activation, loss, rule, optimizers, numbers):
    """Trains one configuration with each optimizer; returns its tensors by key."""

    def run(parameters, batch):
        return forward(activation, loss, rule, parameters, numbers, batch)

    names = [f"{kind}{layer}" for layer in range(len(SIZES) - 1) for kind in "wb"]
    names += readout_names(rule, range(len(SIZES) - 2))
    return train(f"{activation}/{loss}/{rule}", loss, optimizers, run, names, numbers)


def run_all(numbers):
    """Trains every configuration; returns all their tensors by key."""
    saved = {}
    for loss, rule in itertools.product(OUTPUTS, RULES):
        if loss == "mse" and rule in ("drtp", "local-hinge", "drtp-gated"):
            continue  # a label's projection has no meaning for real-valued targets
        every = loss == "bce" and rule in ("bp", "drtp")
        saved |= run_case("tanh", loss, rule, list(OPTIMIZERS) if every else ["nesterov", "adam"], numbers)
    for activation, rule in itertools.product(("sigmoid", "relu", "identity"), ("bp", "drtp")):
        saved |= run_case(activation, "bce", rule, ["nesterov"], numbers)
    return saved


def search(first_seed, attempt):
    """The first seed for which `attempt(seed)` is well-conditioned, and what it returned."""
    for seed in itertools.count(first_seed):
        with contextlib.suppress(IllConditioned):
            return seed, attempt(seed)


def write(path, saved, seed):
    """Saves the tensors and the labels, and in the metadata what made them."""
    tensors = {key: value.detach().float().contiguous() for key, value in saved.items()}
    tensors |= {f"labels{batch}": labels.int() for batch, labels in enumerate(LABELS)}
    versions = {"torch": torch.__version__, "safetensors": safetensors.__version__, "python": platform.python_version()}
    made_with = json.dumps(versions | {"seed": seed}, sort_keys=True)  # one entry, as several would lie in any order
    save_file(tensors, path, metadata={"made_with": made_with})
    print(f"{len(tensors)} tensors; {made_with}")


def attempt(seed):
    """Everything that the file holds but the labels."""
    numbers = draw(seed)
    return numbers | run_all(numbers)


def main():
    seed, saved = search(FIRST_SEED, attempt)
    write(Path(__file__).with_name("dense.safetensors"), saved, seed)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
