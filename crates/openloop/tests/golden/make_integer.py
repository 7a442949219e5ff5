"""Writes integer.json: what plain Python integers make of a small int8 network under every rule, weight by weight.

An independent source: whole numbers without a width, one weight at a time in the order [neuron][input], written after the
description of the arithmetic and not after its code. Whatever must fit into a byte, a half word or a word is asserted.

The Rust test demands the same bytes: initial weights, weights after 1, 10 and 120 steps, the number of saturated changes,
and the sums of the output layer for a last sample. The network's widths (11 = 8 + 2 + 1 neurons, 5 = 2 + 2 + 1,
3 = 2 + 1) meet every kind of panel.

Run `python make_integer.py`; it writes beside itself and needs nothing but Python 3.
"""

import json
import math
import random
from pathlib import Path

SIZES = [6, 11, 5, 3]
SEED = (7 << 32) | 5
INPUT_BITS = 5
HIDDEN_RATE, OUTPUT_RATE = 0.2, 0.1
HALF_AFTER = 1024
STEPS = 120
KEPT = [1, 10, 120]
RULES = ["bp", "dfa", "sdfa", "drtp", "shallow", "local-error", "local-hinge", "drtp-gated"]
WORD = 0xFFFFFFFF
WEIGHTS, FEEDBACK, ROUNDING = 1, 2, 3
NOISE_STEP = 0x9E376A09


def mix(x):
    x &= WORD
    x ^= x >> 16
    x = x * 0x7FEB352D & WORD
    x ^= x >> 15
    x = x * 0x846CA68B & WORD
    return x ^ x >> 16


def key(number, use):
    return mix(mix(SEED & WORD ^ use << 28) ^ SEED >> 32 ^ number << 8)


def clamp(value, most):
    return max(-most, min(most, value))


def half_log(n):
    """log2(sqrt(n)), to the nearest whole number."""
    return ((2 * n).bit_length() - 1) // 2 if n else 0


def word(value):
    assert -(1 << 31) <= value < 1 << 31
    return value


class Layer:
    def __init__(self, number, inputs, outputs):
        self.number, self.inputs, self.outputs = number, inputs, outputs
        self.input_bits = INPUT_BITS if number == 0 else 7
        finer = number == len(SIZES) - 2
        self.weight_bits = max(6, min(8 + finer, int(math.log2(inputs)) + finer))
        self.feedback_bits = half_log(outputs // 6)
        self.sum_bits = self.input_bits + self.weight_bits
        self.one = 1 << self.input_bits
        # row j of w holds the weights from input j; the last row the biases
        self.w = [[None] * outputs for _ in range(inputs + 1)]
        bound = (1 << self.weight_bits) // math.isqrt(inputs)
        start = key(number, WEIGHTS)
        for i, (j, n) in enumerate(self.places()):
            self.w[j][n] = ((mix(start + i) >> 16) * (2 * bound + 1) >> 16) - bound

    def panels(self):
        first = 0
        for width in (8, 2, 1):
            while first + width <= self.outputs:
                yield list(range(first, first + width))
                first += width

    def places(self):
        for panel in self.panels():
            for j in range(self.inputs + 1):
                for n in panel:
                    yield j, n

    def bytes(self):
        return [self.w[j][n] for j, n in self.places()]

    def sums(self, x):
        inputs = x + [self.one]
        return [word(sum(self.w[j][n] * inputs[j] for j in range(self.inputs + 1))) for n in range(self.outputs)]

    def feedback(self, row, n):
        """Four odd values of 8 bits from each word, rows filled up to whole words."""
        words = -(-self.outputs // 4)
        value = mix(key(self.number, FEEDBACK) + row * words + n // 4) >> 8 * (n % 4) & 0xFF | 1
        return value - 256 if value > 127 else value


def tanh(z, bits):
    z = clamp(z + (1 << bits - 6) >> bits - 5, 127)
    return round(127 * math.tanh(abs(z) / 32)) * (1 if z >= 0 else -1)


def exponential(below, bits):
    below = below >> bits - 12 if bits >= 12 else min(below, 1 << 20) << 12 - bits
    halvings = min(below, 12 << 12) * 5909 >> 12
    table = min(65535, round(65536 / 2 ** ((halvings >> 7 & 31) / 32)))
    return table >> (halvings >> 12)


def softmax(values, bits):
    powers = [exponential(max(values) - value, bits) for value in values]
    return [(power << 15) // sum(powers) for power in powers]


def gated(signal, a):
    return word(clamp(signal, 65535) * (127 * 127 - a * a)) >> 14


class Network:
    def __init__(self, rule):
        self.rule, self.step, self.saturated = rule, 0, 0
        self.layers = [Layer(k, *SIZES[k : k + 2]) for k in range(len(SIZES) - 1)]

    def bytes(self):
        return [w for layer in self.layers for w in layer.bytes()]

    def forward(self, x):
        """The inputs of every layer, and the sums of the last."""
        inputs = [x]
        for layer in self.layers[:-1]:
            inputs.append([tanh(z, layer.sum_bits) for z in layer.sums(inputs[-1])])
        return inputs, self.layers[-1].sums(inputs[-1])

    def learn(self, x, label):
        inputs, sums = self.forward(x)
        error = softmax(sums, self.layers[-1].sum_bits)
        error[label] -= 1 << 15
        signals = self.hidden_signals(inputs, error, label)
        for k, layer in enumerate(self.layers):
            last = k == len(self.layers) - 1
            signal, bits = (error, 0) if last else (signals[k], 0 if self.rule == "bp" else layer.feedback_bits)
            if signal is not None:
                self.change(layer, inputs[k], signal, bits, OUTPUT_RATE if last else HIDDEN_RATE)
        self.step += 1

    def hidden_signals(self, inputs, error, label):
        """v at the sums of every hidden layer, with all weights as they were before the step."""
        if self.rule == "shallow":
            return [None] * len(self.layers)
        if self.rule == "bp":
            signals, values = [None] * len(self.layers), error
            for k in range(len(self.layers) - 1, 0, -1):
                below = self.pass_down(self.layers[k], values)
                signals[k - 1] = values = [gated(s, a) for s, a in zip(below, inputs[k])]
            return signals
        signals = []
        for layer, a in zip(self.layers[:-1], inputs[1:]):
            coefficients = self.coefficients(layer, a, error, label)
            projected = [
                sum(word(c * layer.feedback(row, n)) >> 7 for row, c in enumerate(coefficients))
                for n in range(layer.outputs)
            ]
            signals.append([gated(s, a) for s, a in zip(projected, a)])
        return signals

    def pass_down(self, layer, values):
        half = 1 << layer.weight_bits >> 1
        below = []
        for j in range(layer.inputs):
            panels = (sum(layer.w[j][n] * values[n] for n in panel) for panel in layer.panels())
            below.append(sum(word(half + panel) >> layer.weight_bits for panel in panels))
        return below

    def coefficients(self, layer, a, error, label):
        one_hot = [int(c == label) << 15 for c in range(len(error))]
        rows = [[layer.feedback(c, n) for n in range(layer.outputs)] for c in range(len(error))]
        read = [word(sum(g * a for g, a in zip(row, a))) for row in rows]
        bits = 14 + layer.feedback_bits
        if self.rule == "dfa":
            return error
        if self.rule == "sdfa":
            return [(e > 0) - (e < 0) << 15 for e in error]
        if self.rule == "drtp":
            return one_hot
        if self.rule == "drtp-gated":
            size = sum(abs(g) for g in rows[label])
            return [0] * len(error) if -read[label] * 100 >= size * 127 * 60 else one_hot
        if self.rule == "local-error":
            return [p - t for p, t in zip(softmax(read, bits), one_hot)]
        rival = max((c for c in range(len(error)) if c != label), key=lambda c: read[c])
        if read[label] - read[rival] >= 3 << bits:
            return [0] * len(error)
        return [(int(c == rival) << 15) - t for c, t in enumerate(one_hot)]

    def change(self, layer, x, signal, bits, rate):
        rate = math.floor(rate * (1 << 20) + 0.5)
        rate = (rate << 8) // (self.step // (HALF_AFTER // 256) + 256)
        spare = max(0, rate.bit_length() - 12)
        down = 20 + 15 + bits + layer.input_bits - layer.weight_bits - 16 - spare
        deltas = []
        for v in signal:
            exact = word((1 << down >> 1) - clamp(v, 65535) * (rate >> spare)) >> down
            deltas.append(clamp(exact, 32767))
            self.saturated += deltas[-1] != exact
        noise = mix((key(layer.number, ROUNDING) ^ mix(self.step >> 32)) + self.step)
        for panel in layer.panels():
            self.change_panel(layer, panel, x, [deltas[n] for n in panel], mix(noise + panel[0]))

    def change_panel(self, layer, panel, x, deltas, noise):
        largest = max(abs(delta) for delta in deltas)
        if largest == 0:
            return
        self.change_row(layer.w[layer.inputs], panel, layer.one, deltas, noise)
        thinning = min(3, max(0, 10 - largest.bit_length()))
        deltas = [delta << thinning for delta in deltas]
        assert all(-32768 <= delta <= 32767 for delta in deltas)
        for j in range(mix(noise) % (1 << thinning), layer.inputs, 1 << thinning):
            noise += NOISE_STEP * -(-len(panel) // 2)
            self.change_row(layer.w[j], panel, x[j], deltas, noise)

    def change_row(self, row, panel, x, deltas, noise):
        for lane, (n, delta) in enumerate(zip(panel, deltas)):
            half = (noise + NOISE_STEP * (lane // 2) & WORD) >> 16 * (lane % 2) & 0xFFFF
            exact = row[n] + (word(delta * x + half) >> 16)
            row[n] = max(-128, min(127, exact))
            self.saturated += row[n] != exact


def main():
    draw = random.Random(1)
    samples = []
    for _ in range(STEPS + 1):
        label = draw.randrange(SIZES[-1])
        x = [draw.choice([0, draw.randint(-127, 127), 40 * (j % 3 == label)]) for j in range(SIZES[0])]
        samples.append((x, label))
    cases = {}
    for rule in RULES:
        network, kept = Network(rule), [Network(rule).bytes()]
        for x, label in samples[:-1]:
            network.learn(x, label)
            if network.step in KEPT:
                kept.append(network.bytes())
        cases[rule] = {"weights": kept, "saturated": network.saturated, "sums": network.forward(samples[-1][0])[1]}
    golden = {
        "sizes": SIZES,
        "seed": SEED,
        "input_bits": INPUT_BITS,
        "hidden_rate": HIDDEN_RATE,
        "output_rate": OUTPUT_RATE,
        "half_after": HALF_AFTER,
        "steps": [0, *KEPT],
        "samples": samples,
        "cases": cases,
    }
    Path(__file__).with_name("integer.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
