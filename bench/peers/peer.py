"""What the Python peers share: the job they are given, its data, and how they talk with the benchmark.

A peer is started with a job (one JSON object) as its only argument. It prepares everything, warms up, says that it is ready,
and then makes one timed turn for each line "go" that it reads: `passes` passes over the training rows, each in a new order.
At any other line, or at the end of the input, it says how much memory it took at most and how well its network does.
"""

import argparse
import gzip
import json
import os
import sys
import time

import numpy as np

CLASSES = 10


def job():
    """The job, with its fields as attributes."""
    return argparse.Namespace(**json.loads(sys.argv[1]))


def on_few_processors(threads):
    """Leaves this process no more processors than it has threads, for libraries that take all they see."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def rows(job, part="train"):
    """Inputs `[rows, inputs]` as float32 from 0 to 1, and labels as int64."""
    if job.data == "random":
        random = np.random.default_rng(0)
        x = random.random((job.samples, job.inputs), dtype=np.float32)
        return x, random.integers(0, CLASSES, job.samples)
    count = job.samples if part == "train" else None
    stem = "train" if part == "train" else "t10k"
    images = idx(f"{job.data_dir}/mnist/{stem}-images-idx3-ubyte")[:count]
    labels = idx(f"{job.data_dir}/mnist/{stem}-labels-idx1-ubyte")[:count]
    return np.multiply(images.reshape(len(images), -1), np.float32(1 / 255), dtype=np.float32), labels.astype(np.int64)


def idx(path):
    """An array of bytes from a file in MNIST's format, gzipped or not."""
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz") as file:
            content = file.read()
    else:
        with open(path, "rb") as file:
            content = file.read()
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def timed(turn):
    """How many seconds a call takes."""
    started = time.perf_counter()
    turn()
    return time.perf_counter() - started


def converse(about, turn, test_error):
    """Warms up, then does as it is told. `turn()` gives its seconds, `test_error()` a share or None."""
    turn()
    say(ready=True, about=about)
    for line in sys.stdin:
        if line.strip() != "go":
            break
        say(seconds=turn())
    peak = peak_bytes()
    error = test_error()
    say(peak_bytes=peak, test_error=None if error is None else 100 * float(error))


def peak_bytes():
    """The most memory this process has had in use, as the system counts it."""
    with open("/proc/self/status") as status:
        kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    return 1024 * int(kilobytes)


def say(**what):
    """One JSON object, one line."""
    print(json.dumps(what), flush=True)
