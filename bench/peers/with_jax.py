"""JAX as a peer: drtp, dfa and bp written by hand; a whole pass over the rows is one compiled loop (`jit` of `lax.scan`)."""

from functools import partial

import peer

JOB = peer.job()
peer.on_few_processors(JOB.threads)  # before JAX looks how many there are

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

MOMENTUM = 0.9


def draw():
    """Layers of weights `[inputs, outputs]` and biases, and the hidden layers' feedback."""
    random, widths = np.random.default_rng(1), [JOB.inputs, *JOB.hidden, peer.CLASSES]

    def uniform(*shape, bound):
        return jnp.asarray(random.uniform(-bound, bound, shape).astype(np.float32))

    layers = [(uniform(m, n, bound=m**-0.5), uniform(n, bound=m**-0.5)) for m, n in zip(widths, widths[1:])]
    return layers, [uniform(peer.CLASSES, n, bound=(6 / n) ** 0.5) for n in JOB.hidden]


def activations(layers, x):
    """The inputs and every layer's output; the last one without its sigmoid."""
    outputs = [x]
    for weights, bias in layers[:-1]:
        outputs.append(jnp.tanh(outputs[-1] @ weights + bias))
    weights, bias = layers[-1]
    return outputs + [outputs[-1] @ weights + bias]


def gradients(layers, feedback, x, label):
    """What each layer learns by; the output error is averaged, projected signals are summed over the batch."""
    *hidden, z = activations(layers, x)
    error = jax.nn.sigmoid(z) - jax.nn.one_hot(label, peer.CLASSES, dtype=jnp.float32)
    delta = error / (len(x) * peer.CLASSES if JOB.scaling == "reference" else len(x))
    found = []
    for k in reversed(range(len(layers))):
        found.insert(0, (hidden[k].T @ delta, delta.sum(0)))
        if k:
            if JOB.rule == "bp":
                signal = delta @ layers[k][0].T
            else:
                signal = feedback[k - 1][label] if JOB.rule == "drtp" else error @ feedback[k - 1]
            delta = signal * (1 - hidden[k] ** 2)
    return found


def step(state, feedback, x, label):
    layers, velocity = state
    found = gradients(layers, feedback, x, label)
    if JOB.optimizer == "sgd":
        return jax.tree.map(lambda p, g: p - JOB.rate * g, layers, found), velocity
    velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocity, found)
    layers = jax.tree.map(lambda p, v, g: p - JOB.rate * (g + MOMENTUM * v), layers, velocity, found)
    return layers, velocity


@partial(jax.jit, donate_argnums=0)
def one_pass(state, feedback, x, labels):
    return jax.lax.scan(lambda state, batch: (step(state, feedback, *batch), None), state, (x, labels))[0]


def main():
    x, labels = (jnp.asarray(part) for part in peer.rows(JOB))
    layers, feedback = draw()
    state = [(layers, jax.tree.map(jnp.zeros_like, layers) if JOB.optimizer == "nesterov" else ())]
    whole, random = len(x) - len(x) % JOB.batch, np.random.default_rng(2)

    def learn(order):
        some = x[order].reshape(-1, JOB.batch, JOB.inputs), labels[order].reshape(-1, JOB.batch)
        state[0] = jax.block_until_ready(one_pass(state[0], feedback, *some))

    def turn():
        orders = [jnp.asarray(random.permutation(len(x))[:whole]) for _ in range(JOB.passes)]
        return peer.timed(lambda: [learn(order) for order in orders])

    def test_error():
        if JOB.data == "random":
            return None
        x, y = peer.rows(JOB, "test")
        return (np.asarray(activations(state[0][0], jnp.asarray(x))[-1]).argmax(1) != y).mean()

    peer.converse(f"JAX {jax.__version__}", turn, test_error)


if __name__ == "__main__":
    main()
