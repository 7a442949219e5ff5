"""A fleet of devices on the gas sensors: each alone, together by Flower, and all rows in one place.

    pip install "openloop-learning[fleet]" pandas
    python bench/fleet.py GAS-DRIFT.csv.gz [DEVICES [ROUNDS [RULES]]] [--flower]

A device has rows of one batch of the data set alone, so devices differ in the age of their sensors, in the gases that they meet and in
how many rows they have. A fifth of each device's rows is tested on. "own rows": the mean over the devices of what is right of their own
tested rows; "all rows": of the tested rows of all devices.
"""

import logging
import os
import sys
import time
from dataclasses import replace

os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")

import numpy as np
import pandas as pd
from flwr.simulation import run_simulation
from openloop.fleet import Moments, Plan, client_app, mean_of_rows, parameters, server_app

logging.getLogger("flwr").setLevel(logging.WARNING)
NET, LOCAL_EPOCHS = (64, 32), 2
NOTHING = Moments(1, np.zeros(128), np.zeros(128))


def devices_of(path, count):
    """For each device its rows and their classes, then those that are tested on."""
    batches = [rows for _, rows in pd.read_csv(path).groupby("batch")]
    if count % len(batches):
        sys.exit(f"DEVICES: {len(batches)} batches are shared evenly by a multiple of {len(batches)} devices, found {count}")
    random, devices = np.random.default_rng(0), []
    for rows in batches:
        for part in np.array_split(random.permutation(len(rows)), count // len(batches)):
            X, y = rows.iloc[part, 3:].to_numpy(np.float64), rows.label.to_numpy()[part]
            tested = len(y) // 5
            devices.append((X[tested:], y[tested:], X[:tested], y[:tested]))
    return devices


def together(devices, plan, weights, rounds, has_own_feedback=False):
    """The network of the fleet after the rounds: what Flower's simulation makes (--flower), without its processes."""
    model = plan.start(Moments.joined([Moments.of(X) for X, *_ in devices]))
    start = model
    for _ in range(rounds):
        given = parameters(model)
        plans = [replace(plan, seed=k + 1) if has_own_feedback else plan for k in range(len(devices))]
        begun = [own.start(NOTHING).with_tensors(given) for own in plans] if has_own_feedback else [model] * len(devices)
        learned = [parameters(own.learn(of, X, y)) for own, of, (X, y, *_) in zip(plans, begun, devices)]
        model = start.with_tensors({name: np.average([one[name] for one in learned], axis=0, weights=weights) for name in given})
    return model


def under_flower(devices, plan, strategy, rounds):
    """The same by Flower's simulation."""
    found = []
    client = client_app(plan, lambda number: devices[number][:2])
    server = server_app(plan, strategy, rounds, len(devices), lambda model, _: found.append(model))
    run_simulation(server, client, num_supernodes=len(devices), backend_config={"client_resources": {"num_cpus": 1}})
    return found[0]


def right(plan, model, devices):
    """Percent of rows that are right: on average of a device's own, and of all."""
    classifier = plan.classifier(model)
    own = [classifier.score(X, y) for _, _, X, y in devices]
    return 100 * np.mean(own), 100 * np.average(own, weights=[len(y) for *_, y in devices])


def alone(plan, devices, epochs):
    """Each device learns as many epochs from its own rows, standardised by them."""
    own, everywhere = [], []
    for X, y, X_tested, y_tested in devices:
        model = replace(plan, epochs=epochs).learn(plan.start(Moments.of(X)), X, y)
        own.append(100 * plan.classifier(model).score(X_tested, y_tested))
        everywhere.append(right(plan, model, devices)[1])
    return np.mean(own), np.mean(everywhere)


def central(plan, devices, epochs):
    """All rows in one place."""
    X, y = (np.concatenate([device[k] for device in devices]) for k in (0, 1))
    return right(plan, replace(plan, epochs=epochs).learn(plan.start(Moments.of(X)), X, y), devices)


def main():
    asked = [word for word in sys.argv[1:] if word != "--flower"]
    path, count, rounds = asked[0], int((asked[1:] or [40])[0]), int((asked[2:] or [20])[0])
    rules = (asked[3:] or ["drtp,local-error,bp"])[0].split(",")
    devices = devices_of(path, count)
    rows = [len(y) for _, y, *_ in devices]
    print(f"{count} devices of {min(rows)} to {max(rows)} rows, {rounds} rounds of {LOCAL_EPOCHS} epochs, net {NET}\n")
    print("| rule | where | own rows | all rows | seconds |\n|---|---|---|---|---|")
    for rule in rules:
        plan = Plan(128, tuple(range(1, 7)), NET, rule, epochs=LOCAL_EPOCHS)
        epochs = rounds * LOCAL_EPOCHS

        def fleet(weights, **more):
            return right(plan, together(devices, plan, weights, rounds, **more), devices)

        ways = {
            "alone": lambda: alone(plan, devices, epochs),
            "together, weighted by rows": lambda: fleet(rows),
            "together, every device the same": lambda: fleet(None),
            "together, each with feedback of its own": lambda: fleet(rows, has_own_feedback=True),
            "central": lambda: central(plan, devices, epochs),
        }
        if "--flower" in sys.argv:
            strategy = mean_of_rows(fraction_evaluate=0.0)
            ways = {"Flower, weighted by rows": lambda: right(plan, under_flower(devices, plan, strategy, rounds), devices)}
        for name, way in ways.items():
            started = time.perf_counter()
            own, everywhere = way()
            print(f"| {rule} | {name} | {own:.1f} % | {everywhere:.1f} % | {time.perf_counter() - started:.0f} |", flush=True)
        bytes_sent = sum(values.nbytes for values in parameters(plan.start(Moments.of(devices[0][0]))).values())
        print(f"| {rule} | bytes a device and round, each way | {bytes_sent} | | |", flush=True)


if __name__ == "__main__":
    main()
