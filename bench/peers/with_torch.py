"""PyTorch as a peer: drtp, dfa and bp written by hand without autograd, and the same by autograd.

`style` is "hand", "autograd" (BP by autograd and torch.optim, data in memory), or "loader" (DRTP as an autograd function behind
a DataLoader that decodes one image after the other, as a first script for a new rule often has it).
"""

import torch

import peer

MOMENTUM = 0.9


def uniform(*shape, bound):
    return torch.empty(*shape).uniform_(-bound, bound)


class Network:
    """Perhaps a convolution with pooling, then dense layers; tanh within, sigmoid and binary cross-entropy at the end."""

    def __init__(self, job):
        self.rule, self.rate, self.nesterov = job.rule, job.rate, job.optimizer == "nesterov"
        self.averages_outputs = job.scaling == "reference"
        self.conv, width = job.conv, job.inputs
        self.parameters, self.feedback = [], []
        if self.conv:
            self.side = int(job.inputs**0.5)
            filters, kernel = self.conv["filters"], self.conv["kernel"]
            # a teaching signal arrives at the convolution's own output, before the pooling
            places = self.side + 2 * self.conv["padding"] - kernel + 1
            self.add((filters, 1, kernel, kernel), kernel * kernel)
            self.feedback.append(uniform(peer.CLASSES, filters * places * places, bound=(6 / (filters * places**2)) ** 0.5))
            width = filters * (places // self.conv["pool"]) ** 2
        for neurons in job.hidden:
            self.add((neurons, width), width)
            self.feedback.append(uniform(peer.CLASSES, neurons, bound=(6 / neurons) ** 0.5))
            width = neurons
        self.add((peer.CLASSES, width), width)
        self.velocity = [tuple(torch.zeros_like(p) for p in own) for own in self.parameters]
        self.last = len(self.parameters) - 1

    def add(self, shape, inputs):
        self.parameters.append((uniform(*shape, bound=inputs**-0.5), uniform(shape[0], bound=inputs**-0.5)))

    def learn(self, x, label):
        """One step on a batch; under drtp each layer learns before the next one is computed."""
        local, inputs = self.rule == "drtp", []
        if self.conv:
            x = self.learn_convolution(x, label)
        for k in range(bool(self.conv), self.last):
            weights, bias = self.parameters[k]
            a = torch.addmm(bias, x, weights.t()).tanh_()
            if local:
                self.update_dense(k, x, self.feedback[k][label].mul_(1 - a * a))
            inputs.append(x)
            x = a
        weights, bias = self.parameters[self.last]
        error = torch.addmm(bias, x, weights.t()).sigmoid_()
        error[torch.arange(len(x)), label] -= 1
        delta = error / self.terms(len(x))
        inputs.append(x)
        for k in range(self.last, self.last - 1 if local else -1, -1):
            signal = None
            if k and not local:
                signal = delta @ self.parameters[k][0] if self.rule == "bp" else error @ self.feedback[k - 1]
            self.update_dense(k, inputs.pop(), delta)
            if signal is not None:
                delta = signal.mul_(1 - x * x)
                x = inputs[-1]

    def terms(self, batch):
        """What the output error is divided by."""
        return batch * peer.CLASSES if self.averages_outputs else batch

    def learn_convolution(self, x, label):
        """The first layer's step by drtp; gives what the dense layers see."""
        weights, bias = self.parameters[0]
        padding = [self.conv["padding"]] * 2
        x = x.view(len(x), 1, self.side, self.side)
        a = torch.conv2d(x, weights, bias, padding=padding).tanh_()
        pooled = torch.max_pool2d(a, self.conv["pool"]).flatten(1)
        delta = self.feedback[0][label].view_as(a).mul_(1 - a * a)
        of = (False, True, True)
        _, gradient, bias_gradient = torch.ops.aten.convolution_backward(
            delta, x, weights, [len(bias)], [1, 1], padding, [1, 1], False, [0, 0], 1, of)
        self.step(0, gradient, bias_gradient)
        return pooled

    def update_dense(self, k, x, delta):
        self.step(k, delta.t() @ x, delta.sum(0))

    def step(self, k, *gradients):
        for parameter, velocity, gradient in zip(self.parameters[k], self.velocity[k], gradients):
            parameter.add_(gradient, alpha=-self.rate)
            if self.nesterov:
                velocity.mul_(MOMENTUM).add_(gradient)
                parameter.add_(velocity, alpha=-self.rate * MOMENTUM)

    def learn_one(self, x, label):
        """One step of plain SGD on a single sample `x: [inputs]`, by drtp or bp."""
        inputs, activations = [], []
        for k, (weights, bias) in enumerate(self.parameters):
            a = torch.addmv(bias, weights, x)
            inputs.append(x)
            if k < self.last:
                a.tanh_()
                activations.append(a)
                if self.rule == "drtp":
                    self.update_one(k, x, self.feedback[k][label] * (1 - a * a))
            x = a
        delta = x.sigmoid_()
        delta[label] -= 1
        if self.rule == "drtp":
            return self.update_one(self.last, inputs[-1], delta)
        for k in range(self.last, -1, -1):
            signal = torch.mv(self.parameters[k][0].t(), delta) if k else None
            self.update_one(k, inputs[k], delta)
            if k:
                delta = signal.mul_(1 - activations[k - 1] ** 2)

    def update_one(self, k, x, delta):
        weights, bias = self.parameters[k]
        weights.addr_(delta, x, alpha=-self.rate)
        bias.add_(delta, alpha=-self.rate)

    def answers(self, x):
        if self.conv:
            (weights, bias), padding = self.parameters[0], self.conv["padding"]
            x = torch.conv2d(x.view(len(x), 1, self.side, self.side), weights, bias, padding=padding).tanh_()
            x = torch.max_pool2d(x, self.conv["pool"]).flatten(1)
        for k, (weights, bias) in enumerate(self.parameters[1:] if self.conv else self.parameters):
            x = torch.addmm(bias, x, weights.t())
            x = x.tanh_() if k + bool(self.conv) < self.last else x
        return x


def by_hand(job, x, y):
    network = Network(job)
    labels = y.tolist()

    def one_pass():
        order = torch.randperm(len(x))
        if job.batch == 1 and job.optimizer == "sgd":
            numbers = order.tolist()
            return peer.timed(lambda: [network.learn_one(x[i], labels[i]) for i in numbers])
        batches = order.split(job.batch)
        return peer.timed(lambda: [network.learn(x[some], y[some]) for some in batches])

    return one_pass, network.answers


class TargetProjection(torch.autograd.Function):
    """The identity, whose gradient is a row of a fixed random matrix."""

    @staticmethod
    def forward(context, a, feedback, label):
        context.save_for_backward(feedback, label)
        return a.view_as(a)

    @staticmethod
    def backward(context, _gradient):
        feedback, label = context.saved_tensors
        return feedback[label], None, None


class Layers(torch.nn.Module):
    """The same network out of modules."""

    def __init__(self, job):
        super().__init__()
        widths = [job.inputs, *job.hidden, peer.CLASSES]
        self.dense = torch.nn.ModuleList(torch.nn.Linear(*pair) for pair in zip(widths, widths[1:]))
        self.feedback = [uniform(peer.CLASSES, n, bound=(6 / n) ** 0.5) for n in job.hidden] if job.rule == "drtp" else None

    def forward(self, x, label=None):
        for k, layer in enumerate(self.dense[:-1]):
            x = layer(x).tanh()
            if self.feedback and label is not None:
                x = TargetProjection.apply(x, self.feedback[k], label)
        return self.dense[-1](x)


class OneByOne(torch.utils.data.Dataset):
    """Images that are decoded as they are asked for."""

    def __init__(self, x, y):
        self.x, self.y = x.mul(255).round().to(torch.uint8), y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i].float().div(255), self.y[i]


def by_autograd(job, x, y):
    network = Layers(job)
    momentum = {"momentum": MOMENTUM, "nesterov": True} if job.optimizer == "nesterov" else {}
    optimizer = torch.optim.SGD(network.parameters(), lr=job.rate, **momentum)
    loss = torch.nn.BCEWithLogitsLoss()
    if job.style == "loader":
        loader = torch.utils.data.DataLoader(OneByOne(x, y), batch_size=job.batch, shuffle=True)
        batches = lambda: loader
    else:
        batches = lambda: ((x[some], y[some]) for some in torch.randperm(len(x)).split(job.batch))

    def learn():
        for some, labels in batches():
            optimizer.zero_grad()
            targets = torch.nn.functional.one_hot(labels, peer.CLASSES).float()
            loss(network(some, labels), targets).backward()
            optimizer.step()

    return lambda: peer.timed(learn), network


def product(job):
    """Square matrix products."""
    a, b = torch.rand(job.inputs, job.inputs), torch.rand(job.inputs, job.inputs)
    c = torch.empty(job.inputs, job.inputs)
    return lambda: peer.timed(lambda: [torch.mm(a, b, out=c) for _ in range(job.samples)]), None


def main():
    job = peer.job()
    torch.manual_seed(0)
    torch.set_num_threads(job.threads)
    torch.set_grad_enabled(job.style != "hand")
    about = f"PyTorch {torch.__version__.split('+')[0]}"
    if job.work == "product":
        one_pass, answers = product(job)
    else:
        x, y = (torch.from_numpy(part) for part in peer.rows(job))
        one_pass, answers = (by_hand if job.style == "hand" else by_autograd)(job, x, y)

    def test_error():
        if job.work == "product" or job.data == "random":
            return None
        x, y = (torch.from_numpy(part) for part in peer.rows(job, "test"))
        with torch.no_grad():
            return (answers(x).argmax(1) != y).float().mean()

    peer.converse(about, lambda: sum(one_pass() for _ in range(job.passes)), test_error)


if __name__ == "__main__":
    main()
