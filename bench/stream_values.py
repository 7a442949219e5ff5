"""Streams of real values for `openloop stream`, and what river's regressors make of them.

    pip install numpy==2.4.6 river==0.26.1
    python bench/stream_values.py signal SEED > signal.csv                   a drifting signal of 5 features, 20,000 rows
    python bench/stream_values.py walk SEED > walk.csv                       12 features whose weights walk at random, 12,000 rows
    python bench/stream_values.py gas GAS-DRIFT.csv.gz > gas.csv             gas concentrations, shuffled within each batch
    python bench/stream_values.py river FILE.csv TARGET [WARM-UP]            MAE, RMSE and R2 of river after the warm-up

river's models see each row of the warm-up once, as they do all others; test, then train.
"""

import csv
import gzip
import math
import random
import sys
import time


def signal(seed):
    """Five features; a line and a product of them that turn from row to row, and one that changes at once in the middle."""
    numbers = random.Random(seed)
    print("a,b,c,d,e,level")
    for k in range(20000):
        a, b, c, d, e = (numbers.uniform(-1, 1) for _ in range(5))
        angle = 2 * math.pi * k / 20000
        line = math.cos(angle) * a + math.sin(angle) * b + 0.5 * c
        bent = math.sin(3 * d) * e if k < 10000 else math.cos(3 * d) * abs(e)
        print(f"{a:.6f},{b:.6f},{c:.6f},{d:.6f},{e:.6f},{10 + 3 * line + 2 * bent + numbers.gauss(0, 0.2):.6f}")


def walk(seed):
    """Twelve features; a line whose weights walk at random, and two bends that stay."""
    numbers = random.Random(seed)
    print(",".join(f"f{i}" for i in range(12)) + ",y")
    weights = [numbers.gauss(0, 1) for _ in range(12)]
    for _ in range(12000):
        x = [numbers.gauss(0, 1) for _ in range(12)]
        weights = [weight + numbers.gauss(0, 0.01) for weight in weights]
        line = sum(weight * value for weight, value in zip(weights, x))
        y = line + 2 * math.tanh(x[0] * x[1]) + 2 * abs(x[2]) + numbers.gauss(0, 0.3)
        print(",".join(f"{value:.5f}" for value in x) + f",{100 * y:.4f}")


def gas(path):
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.reader(file))
    header, rows = rows[0], rows[1:]
    batch, numbers = header.index("batch"), random.Random(1)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(header)
    names = list(dict.fromkeys(row[batch] for row in rows))
    for name in names:
        part = [row for row in rows if row[batch] == name]
        numbers.shuffle(part)
        out.writerows(part)


def river(path, target, warmup):
    from river import forest, linear_model, optim, preprocessing, stats

    models = {
        "mean": None,
        "LinearRegression, SGD 0.01": preprocessing.StandardScaler() | linear_model.LinearRegression(optim.SGD(0.01)),
        "LinearRegression, SGD 0.001": preprocessing.StandardScaler() | linear_model.LinearRegression(optim.SGD(0.001)),
        "ARFRegressor": forest.ARFRegressor(seed=1),
    }
    left_out = {target, "batch", "label"}
    for name, model in models.items():
        began, absolute, squared, seen, mean = time.time(), 0.0, 0.0, stats.Var(ddof=0), stats.Mean()
        with open(path, newline="") as file:
            for k, row in enumerate(csv.DictReader(file)):
                t = float(row[target])
                x = {key: float(value) for key, value in row.items() if key not in left_out}
                y = mean.get() if model is None else model.predict_one(x)
                if k >= warmup:
                    absolute, squared = absolute + abs(y - t), squared + (y - t) ** 2
                    seen.update(t)
                mean.update(t)
                if model is not None:
                    model.learn_one(x, t)
        n = seen.mean.n
        r2 = 1 - squared / n / seen.get()
        print(f"{name}: MAE {absolute / n:.4g}, RMSE {math.sqrt(squared / n):.4g}, R2 {r2:.3f}, {time.time() - began:.1f} s", flush=True)


what, *rest = sys.argv[1:]
if what == "signal":
    signal(int(rest[0]))
elif what == "walk":
    walk(int(rest[0]))
elif what == "gas":
    gas(rest[0])
else:
    river(rest[0], rest[1], int(rest[2]) if len(rest) > 2 else 500)
