"""Fleets of devices that learn one network together, each from rows that it keeps: a client and a server for Flower.

Needs Flower (`pip install openloop-learning[fleet]`). A device learns by a rule without feedback, and its fixed feedback is drawn from the
plan's seed. All devices have the same one, so their networks grow towards the same solution, and the mean of their weights is a
network that answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openloop._estimators import OpenloopClassifier
from openloop._model import Model

if TYPE_CHECKING:
    from flwr.clientapp import ClientApp
    from flwr.serverapp import ServerApp
    from flwr.serverapp.strategy import FedAvg

# the key by which a strategy weights replies: by rows, or each device alike
BY_ROWS, BY_DEVICES = "num-examples", "num-devices"


@dataclass(frozen=True)
class Plan:
    """What all devices of a fleet agree on.

    Attributes
    ----------
    features : int
        Values in a row.
    classes : tuple
        All classes that any device has.
    hidden_layer_sizes : tuple of int
        Neurons of each hidden layer.
    rule : str
        How hidden layers learn; the fixed feedback is drawn from `seed`.
    epochs : int
        Passes of a device over its rows in a round.
    learning_rate : float or None
        Of all layers; None is the tuned one of the rule.
    batch_size : int
        Rows in a batch.
    seed : int
        Of initial weights and feedback.
    """

    features: int
    classes: tuple[Any, ...]
    hidden_layer_sizes: tuple[int, ...] = (100,)
    rule: str = "drtp"
    epochs: int = 1
    learning_rate: float | None = None
    batch_size: int = 10
    seed: int = 0

    def start(self, moments: Moments) -> Model:
        """The network of the first round.

        Parameters
        ----------
        moments : Moments
            Of the rows of all devices together; rows are standardised by them.

        Returns
        -------
        Model
        """
        labels = np.arange(len(self.classes)) if len(self.classes) > 1 else np.zeros(1)
        classifier = self._classifier()
        # settings, weights and names of the classes do not depend on the rows
        training = classifier._of_labels(np.zeros((len(labels), self.features), np.float32), labels, None)
        offset, scale = moments.standardisation()
        model = Model(training.model())
        return model.with_tensors({"preprocessing.offset": offset, "preprocessing.scale": scale})

    def learn(self, model: Model, X: ArrayLike, y: ArrayLike) -> Model:
        """What a device makes of the fleet's network in a round.

        Parameters
        ----------
        model : Model
            The fleet's network.
        X : array-like of shape (rows, features)
            The device's rows.
        y : array-like of shape (rows,)
            Their classes.

        Returns
        -------
        Model
        """
        classifier = self.classifier(model)
        for _ in range(self.epochs):
            classifier.partial_fit(X, y)
        return classifier.model_

    def classifier(self, model: Model) -> OpenloopClassifier:
        """A network of the fleet as an estimator, which answers and goes on learning."""
        classifier = self._classifier()
        classifier.model_, classifier.n_features_in_ = model, self.features
        return classifier

    def _classifier(self) -> OpenloopClassifier:
        classifier = OpenloopClassifier(
            self.hidden_layer_sizes,
            rule=self.rule,
            learning_rate_init=self.learning_rate,
            batch_size=self.batch_size,
            random_state=self.seed,
        )
        classifier.classes_ = np.asarray(self.classes)
        return classifier


@dataclass(frozen=True)
class Moments:
    """How many rows there are, and the mean and the sum of squared deviations of each feature: all that a device tells of its rows."""

    rows: int
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(cls, X: ArrayLike) -> Moments:
        """Those of rows.

        Parameters
        ----------
        X : array-like of shape (rows, features)
            The rows.

        Returns
        -------
        Moments
        """
        rows = np.asarray(X, dtype=np.float64)
        mean = rows.mean(axis=0)
        return cls(len(rows), mean, ((rows - mean) ** 2).sum(axis=0))

    @classmethod
    def joined(cls, parts: Sequence[Moments]) -> Moments:
        """Those of the rows of several devices together, as if they lay in one table."""
        counts = np.array([part.rows for part in parts], dtype=np.float64)
        means = np.array([part.mean for part in parts])
        mean = counts @ means / counts.sum()
        between = counts @ (means - mean) ** 2
        return cls(int(counts.sum()), mean, np.sum([part.squares for part in parts], axis=0) + between)

    def standardisation(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Offset and scale: x' = (x - offset) scale has mean 0 and deviation 1; a feature that never differs keeps its scale."""
        deviation = np.sqrt(self.squares / self.rows)
        scale = np.divide(1, deviation, out=np.ones_like(deviation), where=deviation > 0)
        return self.mean.astype(np.float32), scale.astype(np.float32)


def parameters(model: Model) -> dict[str, NDArray[np.float32]]:
    """What a device sends: weights and biases by name, and how rows are standardised; not the optimizer's state, nor the feedback.

    Parameters
    ----------
    model : Model
        A network in float32, such as ``openloop.load("board.blob")``.

    Returns
    -------
    dict of str to array
    """
    tensors = {name: values for name, values in model.tensors().items() if not name.endswith(".optimizer")}
    if any(values.dtype != np.float32 for values in tensors.values()):
        raise ValueError("an int8 network has no weights whose mean is one of its own: a fleet needs float32")
    return tensors


def client_app(
    plan: Plan,
    rows_of: Callable[[int], tuple[ArrayLike, ArrayLike]],
    learn: Callable[[Model, int], Model] | None = None,
    tested_rows_of: Callable[[int], tuple[ArrayLike, ArrayLike]] | None = None,
) -> ClientApp:
    """The devices, as Flower's clients.

    Parameters
    ----------
    plan : Plan
        What the fleet agrees on.
    rows_of : callable
        The rows and classes of the device with a number (Flower's ``partition-id``).
    learn : callable, default=None
        What the device makes of the fleet's network; None is `Plan.learn` on its rows. A device whose network learns on a board gives
        ``openloop.load(path)`` of the board's blob.
    tested_rows_of : callable, default=None
        Rows that the device judges the fleet's network by; None is none, and the strategy's ``fraction_evaluate`` must be 0.

    Returns
    -------
    ClientApp
    """
    from flwr.app import ConfigRecord, Message, MetricRecord, RecordDict
    from flwr.clientapp import ClientApp

    app = ClientApp()

    @app.query()
    def moments(message: Message, context: Any) -> Message:
        found = Moments.of(rows_of(_number(context))[0])
        told = ConfigRecord({"rows": found.rows, "mean": found.mean.tolist(), "squares": found.squares.tolist()})
        return Message(RecordDict({"moments": told}), reply_to=message)

    @app.train()
    def train(message: Message, context: Any) -> Message:
        number, model = _number(context), _model_of(message, plan)
        X, y = rows_of(number)
        learned = plan.learn(model, X, y) if learn is None else learn(model, number)
        metrics = MetricRecord({BY_ROWS: len(np.asarray(y)), BY_DEVICES: 1})
        return Message(RecordDict({"arrays": _record(learned), "metrics": metrics}), reply_to=message)

    @app.evaluate()
    def evaluate(message: Message, context: Any) -> Message:
        if tested_rows_of is None:
            raise ValueError("the device has no rows to judge by: give tested_rows_of, or a strategy with fraction_evaluate=0")
        X, y = tested_rows_of(_number(context))
        score = plan.classifier(_model_of(message, plan)).score(X, y)
        metrics = MetricRecord({"accuracy": float(score), BY_ROWS: len(np.asarray(y)), BY_DEVICES: 1})
        return Message(RecordDict({"metrics": metrics}), reply_to=message)

    return app


def server_app(
    plan: Plan,
    strategy: FedAvg,
    rounds: int | None = None,
    devices: int | None = None,
    *,
    done: Callable[[Model, Any, Any], None],
) -> ServerApp:
    """The server: it asks for the moments of all rows, starts a network and runs the rounds.

    Parameters
    ----------
    plan : Plan
        What the fleet agrees on.
    strategy : FedAvg
        One of Flower's strategies, such as `mean_of_rows()`.
    rounds : int, default=None
        How often the devices learn and their weights are averaged; None is ``num-server-rounds`` of the run's configuration.
    devices : int, default=None
        Devices that the server waits for before it begins; None is ``num-devices`` of the run's configuration.
    done : callable
        Called at the end with the fleet's network, Flower's result and Flower's context.

    Returns
    -------
    ServerApp
    """
    from flwr.serverapp import ServerApp

    app = ServerApp()

    @app.main()
    def main(grid: Any, context: Any) -> None:
        awaited = _configured(context, "num-devices", devices)
        start = plan.start(Moments.joined(_moments(grid, awaited)))
        count = _configured(context, "num-server-rounds", rounds)
        result = strategy.start(grid, initial_arrays=_record(start), num_rounds=count)
        done(_with_arrays(start, result.arrays), result, context)

    return app


def mean_of_rows(**more: Any) -> FedAvg:
    """Federated averaging in which a device counts as much as it has rows; `more` is what Flower's `FedAvg` takes."""
    return _mean(BY_ROWS, more)


def mean_of_devices(**more: Any) -> FedAvg:
    """Federated averaging in which every device counts the same; `more` is what Flower's `FedAvg` takes."""
    return _mean(BY_DEVICES, more)


def _mean(key: str, more: dict[str, Any]) -> FedAvg:
    from flwr.serverapp.strategy import FedAvg

    return FedAvg(weighted_by_key=key, **more)


def _configured(context: Any, name: str, given: int | None) -> int:
    value = context.run_config.get(name) if given is None else given
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} is {value!r} where a count of at least 1 was expected: give it in [tool.flwr.app.config] or to server_app")
    return value


def _number(context: Any) -> int:
    return int(context.node_config["partition-id"])


def _record(model: Model) -> Any:
    from flwr.app import Array, ArrayRecord

    return ArrayRecord({name: Array(np.ascontiguousarray(values)) for name, values in parameters(model).items()})


def _model_of(message: Any, plan: Plan) -> Model:
    """The fleet's network in a message; what a device adds, settings and feedback, follows from the plan."""
    zero = np.zeros(plan.features)
    return _with_arrays(plan.start(Moments(1, zero, zero)), message.content["arrays"])


def _with_arrays(model: Model, arrays: Any) -> Model:
    return model.with_tensors({name: array.numpy() for name, array in arrays.items()})


def _moments(grid: Any, devices: int) -> list[Moments]:
    """What every device tells of its rows, as soon as there are enough of them."""
    import time

    from flwr.app import Message, MessageType, RecordDict

    while len(nodes := list(grid.get_node_ids())) < devices:
        time.sleep(0.1)
    messages = [Message(RecordDict(), dst_node_id=node, message_type=MessageType.QUERY) for node in nodes]
    replies = [reply for reply in grid.send_and_receive(messages) if reply.has_content()]
    if not replies:
        raise RuntimeError("no device told the moments of its rows")
    told = [reply.content["moments"] for reply in replies]
    return [Moments(int(t["rows"]), np.array(t["mean"]), np.array(t["squares"])) for t in told]
