"""Runs that do not depend on each other: one after the other here, or one a task on a Ray cluster; finished ones are kept."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

BACKENDS = ("ray",)


def each_done(
    function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], shared: Any, backend: str | None
) -> Iterator[tuple[int, Any]]:
    """Calls `function(shared, *task)` for each task.

    Parameters
    ----------
    function : callable
        A function of a module that a worker can import.
    tasks : sequence of tuple
        Its further arguments, a tuple a call.
    shared : object
        Its first argument. It is sent to a cluster once.
    backend : {"ray"} or None
        None calls here, in turn.

    Yields
    ------
    tuple of int and object
        The number of a task, counted from 0, and its result, as soon as it is done.
    """
    if backend is None:
        for number, task in enumerate(tasks):
            yield number, function(shared, *task)
    elif backend == "ray":
        yield from _on_ray(function, tasks, shared)
    else:
        raise ValueError(f"backend must be None or one of {', '.join(BACKENDS)}, got {backend!r}")


def _on_ray(
    function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], shared: Any
) -> Iterator[tuple[int, Any]]:
    try:
        import ray
    except ImportError as error:
        raise ImportError("backend='ray' needs Ray: pip install openloop-learning[ray]") from error
    is_own = not ray.is_initialized()
    if is_own:
        ray.init(log_to_driver=False, include_dashboard=False)
    try:
        # a worker that dies costs its task alone, which begins anew elsewhere; an error of the task itself is raised
        remote = ray.remote(num_cpus=1, max_retries=-1, retry_exceptions=False)(function)
        lent = ray.put(shared)
        under_way = {remote.remote(lent, *task): number for number, task in enumerate(tasks)}
        while under_way:
            done, _ = ray.wait(list(under_way), num_returns=1)
            yield under_way.pop(done[0]), ray.get(done[0])
    finally:
        if is_own:
            ray.shutdown()


class KeptCells:
    """Finished runs in a folder, a small JSON file each.

    Parameters
    ----------
    folder : path or None
        The folder, which is made if it is missing; None keeps nothing.
    """

    def __init__(self, folder: str | os.PathLike[str] | None) -> None:
        self._cells = None if folder is None else Path(folder) / "cells"
        if self._cells is not None:
            self._cells.mkdir(parents=True, exist_ok=True)

    def find(self, cell: dict[str, Any]) -> Any:
        """What was kept for a run of which all this holds; None if there is nothing, or no whole file."""
        if self._cells is None:
            return None
        try:
            kept = json.loads(self._path(self._cells, cell).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        is_whole = isinstance(kept, dict) and kept.get("cell") == json.loads(json.dumps(cell))
        return kept.get("outcome") if is_whole else None

    def keep(self, cell: dict[str, Any], outcome: Any) -> None:
        """Writes the outcome of a run: completely, or not at all."""
        if self._cells is not None:
            text = json.dumps({"cell": cell, "outcome": outcome}) + "\n"
            write_whole(self._path(self._cells, cell), text.encode())

    @staticmethod
    def _path(folder: Path, cell: dict[str, Any]) -> Path:
        checksum = hashlib.sha256(json.dumps(cell, sort_keys=True).encode()).hexdigest()[:16]
        return folder / f"{cell['rule']}-seed{cell['seed']}-{checksum}.json"


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file aside, and gives it its name when it is on the disk."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
