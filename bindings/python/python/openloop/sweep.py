"""The runs of `openloop compare` and `openloop reproduce` on a Ray cluster, one run a task: `python -m openloop.sweep compare ...`.

The runs are those of the command, with the same numbers, and are kept in the same files. Needs Ray
(`pip install openloop-learning[ray]`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openloop._cells import each_done, write_whole

# what the last command says of all runs, and no single run
OF_ALL_RUNS = {"--json": 0, "--report": 1, "--csv": 1}
OWN = {"--out": 1, "--threads": 1, "--only-run": 1}


class SweepError(RuntimeError):
    """A command that failed; its words are what it printed, and `code` is its exit code."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


def sweep(
    arguments: Sequence[str], out: str | os.PathLike[str], *, backend: str | None = "ray", threads: int = 1
) -> dict[str, Any]:
    """Does the runs of a command, and gives its result.

    Every run is a task. The runs of a search (`--tune`) come first, then the trials. A finished run is kept in `out` as soon as it is
    done, so a sweep that ended early goes on where it was; a worker that dies loses its run alone, which begins anew.

    Parameters
    ----------
    arguments : sequence of str
        ``"compare"`` or ``"reproduce"`` and its arguments, without `--out`, `--threads`, `--json` and `--report`. Paths of data must
        lead to the same files on every machine of the cluster.
    out : path
        The folder of the finished runs, `openloop compare --out` of the same command; it can be one that the command made.
    backend : {"ray"} or None, default="ray"
        None does one run after the other here.
    threads : int, default=1
        Threads of a run. It is part of what a run is known by.

    Returns
    -------
    dict
        What the command prints with `--json`.

    Raises
    ------
    SweepError
        The command refused the arguments, or a run failed.

    Examples
    --------
    >>> import tempfile
    >>> from openloop.sweep import sweep
    >>> arguments = ["compare", "--rules", "drtp,bp", "--trials", "2", "--epochs", "1"]
    >>> result = sweep(arguments, tempfile.mkdtemp(), backend=None)
    >>> [rule["rule"] for rule in result["rules"]]
    ['drtp', 'bp', 'shallow']
    """
    taken = [name for name in arguments if name.partition("=")[0] in OF_ALL_RUNS | OWN]
    if taken:
        raise ValueError(f"sweep() decides on {taken[0]} itself: leave it out of the arguments")
    _do_runs(list(arguments), Path(out), backend, threads)
    return dict(json.loads(_command([*arguments, *_place(out, threads), "--json"], os.getcwd())))


def _do_runs(arguments: list[str], out: Path, backend: str | None, threads: int) -> None:
    (out / "cells").mkdir(parents=True, exist_ok=True)
    cwd = os.getcwd()

    def do(numbers: range) -> dict[str, int]:
        told: dict[str, int] = {}
        finished = {path.name: path.read_bytes() for path in sorted((out / "cells").glob("*.json"))}
        shared = (arguments, threads, cwd, finished)
        for _, (told, made) in each_done(one_run, [(number,) for number in numbers], shared, backend):
            for name, content in made.items():
                write_whole(out / "cells" / name, content)
        return told

    # the first run says how many there are
    told = do(range(1, 2))
    do(range(2, told["searches"] + 1))
    do(range(max(1, told["searches"]) + 1, told["of"] + 1))


def one_run(
    shared: tuple[list[str], int, str, dict[str, bytes]], number: int
) -> tuple[dict[str, int], dict[str, bytes]]:
    """Does the run with a number, in a folder of its own, and gives what the command said and the files that it made."""
    arguments, threads, cwd, finished = shared
    with tempfile.TemporaryDirectory() as folder:
        cells = Path(folder) / "cells"
        cells.mkdir()
        for name, content in finished.items():
            (cells / name).write_bytes(content)
        told = _command([*arguments, *_place(folder, threads), "--only-run", str(number)], cwd)
        made = {path.name: path.read_bytes() for path in cells.glob("*.json") if path.name not in finished}
    return json.loads(told), made


def _place(out: str | os.PathLike[str], threads: int) -> list[str]:
    return ["--out", os.fspath(out), "--threads", str(threads)]


def _command(arguments: Sequence[str], cwd: str) -> str:
    command = [sys.executable, "-m", "openloop", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SweepError(done.stderr.strip(), done.returncode)
    return done.stdout


def main(given: Sequence[str] | None = None) -> int:
    """Does the runs of the command in the arguments of this process on Ray, then runs the command, which finds them finished.

    Returns
    -------
    int
        The exit code of the command; 2 if the request was wrong.
    """
    given = list(sys.argv[1:] if given is None else given)
    arguments, own = _parted(given)
    if not given or given[0] not in ("compare", "reproduce") or "--out" not in own or "--only-run" in own:
        print("usage: python -m openloop.sweep compare|reproduce ... --out DIR [--threads N]", file=sys.stderr)
        return 2
    threads = int(own.get("--threads", 1))
    try:
        _do_runs(arguments, Path(own["--out"]), "ray", threads)
    except SweepError as error:
        print(error, file=sys.stderr)
        return error.code
    command = [sys.executable, "-m", "openloop", *_without(given, {"--threads": 1}), "--threads", str(threads)]
    return subprocess.run(command, check=False).returncode


def _parted(given: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """What each run is asked for, and the values of the arguments that the sweep decides on."""
    own = {}
    for place, argument in enumerate(given):
        name, is_joined, value = argument.partition("=")
        if name in OWN:
            own[name] = value if is_joined else (given[place + 1] if place + 1 < len(given) else "")
    arguments = _without(given, OF_ALL_RUNS | OWN)
    has_report = any(argument.partition("=")[0] == "--report" for argument in given)
    # a report shows the angles, which are measured in the runs
    needs_angles = has_report and given[0] == "compare" and "--alignment" not in arguments
    return [*arguments, "--alignment"] if needs_angles else arguments, own


def _without(given: Sequence[str], names: dict[str, int]) -> list[str]:
    """The arguments but for some, each with so many values after it."""
    kept, skipped = [], 0
    for argument in given:
        name, is_joined, _ = argument.partition("=")
        if skipped:
            skipped -= 1
        elif name in names:
            skipped = 0 if is_joined else names[name]
        else:
            kept.append(argument)
    return kept


if __name__ == "__main__":
    sys.exit(main())
