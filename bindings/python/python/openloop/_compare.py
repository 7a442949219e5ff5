"""Rules compared on the same rows: the same splits, seeds and budget for each of them."""

from __future__ import annotations

import html
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.model_selection import train_test_split

from openloop._cells import KeptCells, each_done
from openloop._estimators import OpenloopClassifier, OpenloopRegressor
from openloop._native import __version__

if TYPE_CHECKING:
    import pandas as pd

# its hidden layers do not learn
CONTROL = "shallow"


@dataclass(frozen=True)
class ComparedRule:
    """What a rule did.

    Attributes
    ----------
    rule : str
        Its name.
    errors : tuple of float
        Errors on the test rows, seed by seed: the share of wrong rows in percent, or 1 - R2 of a regression.
    seconds : float
        Time of a fit on average.
    difference : float or None
        How much larger its error is on average than that of the first rule, on the same rows; None of the first.
    p : float or None
        How probable such a difference is if there is none (paired t test); None of the first, or with fewer than 2 seeds.
    """

    rule: str
    errors: tuple[float, ...]
    seconds: float
    difference: float | None
    p: float | None

    @property
    def error(self) -> float:
        """The mean error."""
        return float(np.mean(self.errors))

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the errors; None of a single one."""
        return float(np.std(self.errors, ddof=1)) if len(self.errors) > 1 else None


class Comparison(Sequence[ComparedRule]):
    """A table with a row for each rule; see `compare`."""

    def __init__(self, rows: Iterable[ComparedRule]) -> None:
        self._rows = tuple(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        return self._rows[at]

    def to_pandas(self) -> pd.DataFrame:
        """The table as a DataFrame, with the rules as its index.

        Returns
        -------
        DataFrame
        """
        import pandas as pd

        return pd.DataFrame(list(self._figures())).set_index("rule")

    def _figures(self) -> Iterator[dict[str, Any]]:
        for row in self._rows:
            yield {
                "rule": row.rule,
                "error": row.error,
                "deviation": row.deviation,
                "seeds": len(row.errors),
                "difference": row.difference,
                "p": row.p,
                "seconds": row.seconds,
            }

    def _texts(self) -> list[list[str]]:
        figures = list(self._figures())
        return [list(figures[0]), *([_shown(value) for value in row.values()] for row in figures)]

    def __repr__(self) -> str:
        texts = self._texts()
        widths = [max(len(row[k]) for row in texts) for k in range(len(texts[0]))]
        lines = []
        for row in texts:
            cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
            lines.append("  ".join(cells))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head, *rows = [[html.escape(cell) for cell in row] for row in self._texts()]
        lines = ["<tr><td>" + "</td><td>".join(row) + "</td></tr>" for row in rows]
        return "<table><tr><th>" + "</th><th>".join(head) + "</th></tr>" + "".join(lines) + "</table>"

    def plot(self, ax: Any = None) -> Any:
        """The errors of each rule, a point a seed, and their mean; needs matplotlib.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None is a new picture.

        Returns
        -------
        Axes
        """
        from openloop.pictures import axes_of

        ax = axes_of(ax)
        for place, row in enumerate(self._rows):
            ax.plot(row.errors, [place] * len(row.errors), "o", color="tab:gray", alpha=0.6)
            ax.plot(row.error, place, "D", color="tab:blue")
        ax.set_yticks(range(len(self._rows)), [row.rule for row in self._rows])
        ax.invert_yaxis()
        ax.set_xlabel("error on the test rows")
        return ax


def _shown(value: str | float | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.4g}"


def compare(
    X: ArrayLike,
    y: ArrayLike,
    rules: Sequence[str] = ("drtp", "local-error-learned", "bp"),
    *,
    seeds: int = 5,
    test_size: float = 0.2,
    backend: str | None = None,
    out: str | PathLike[str] | None = None,
    **parameters: Any,
) -> Comparison:
    """Compares rules on the same network and rows.

    Each seed draws other test rows and other weights, the same for every rule; classes keep their shares. ``"shallow"``, whose hidden
    layers do not learn, is always there as the control.

    Parameters
    ----------
    X : array-like of shape (rows, features)
        The rows.
    y : array-like of shape (rows,)
        Their classes; numbers of a float type are measured values.
    rules : sequence of str
        The rules; the others are compared with the first.
    seeds : int, default=5
        Trials of each rule.
    test_size : float, default=0.2
        Share of the rows that is tested on.
    backend : {"ray"} or None, default=None
        Where the fits take place: None is one after the other here; ``"ray"`` is one a task on a Ray cluster, with the same figures but
        for the seconds. A worker that dies loses its fit alone, which begins anew.
    out : path, default=None
        A folder in which every finished fit is kept. The same comparison finds it there, and goes on where it was.
    **parameters : object
        Parameters of the estimators, such as ``hidden_layer_sizes``.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> from openloop import compare
    >>> from sklearn.datasets import load_iris
    >>> table = compare(*load_iris(return_X_y=True), rules=["drtp", "bp"], seeds=2, max_iter=5)
    >>> list(table.to_pandas().index)
    ['drtp', 'bp', 'shallow']
    """
    if seeds < 1:
        raise ValueError(f"seeds must be at least 1, got {seeds}")
    rules = list(dict.fromkeys([*rules, CONTROL]))
    targets = np.asarray(y)
    has_classes = targets.dtype.kind != "f"
    trials = _Trials(X, targets, has_classes, test_size, parameters)
    errors: dict[str, list[float]] = {rule: [] for rule in rules}
    seconds = dict.fromkeys(rules, 0.0)
    for cell, outcome in _outcomes(trials, [(seed, rule) for seed in range(seeds) for rule in rules], backend, out):
        errors[cell[1]].append(outcome["error"])
        seconds[cell[1]] += outcome["seconds"] / seeds
    first = np.array(errors[rules[0]])
    return Comparison(_compared(rule, errors[rule], seconds[rule], first if k else None) for k, rule in enumerate(rules))


@dataclass(frozen=True)
class _Trials:
    """What all fits of a comparison share."""

    X: Any
    targets: NDArray[Any]
    has_classes: bool
    test_size: float
    parameters: dict[str, Any]

    def described(self) -> dict[str, Any]:
        """All that decides their figures, but for rule and seed."""
        return {
            "version": __version__,
            "rows": joblib.hash((self.X, self.targets)),
            "test_size": self.test_size,
            "parameters": {name: repr(value) for name, value in sorted(self.parameters.items())},
        }


def _outcomes(
    trials: _Trials, cells: list[tuple[int, str]], backend: str | None, out: str | PathLike[str] | None
) -> Iterator[tuple[tuple[int, str], dict[str, float]]]:
    """The outcome of each cell, in their order; those that are not kept yet are run."""
    kept = KeptCells(out)
    described = trials.described() if out is not None else {}
    named = [{"rule": rule, "seed": seed, **described} for seed, rule in cells]
    outcomes = [kept.find(name) for name in named]
    missing = [number for number, outcome in enumerate(outcomes) if outcome is None]
    for at, outcome in each_done(_trial, [cells[number] for number in missing], trials, backend):
        outcomes[missing[at]] = outcome
        kept.keep(named[missing[at]], outcome)
    return zip(cells, outcomes)


def _trial(trials: _Trials, seed: int, rule: str) -> dict[str, float]:
    """One rule with one seed: its error on the test rows, and the seconds of its fit."""
    kind = OpenloopClassifier if trials.has_classes else OpenloopRegressor
    rows, targets = np.arange(len(trials.targets)), trials.targets
    learn, test = train_test_split(
        rows, test_size=trials.test_size, random_state=seed, stratify=targets if trials.has_classes else None
    )
    model = kind(rule=rule, random_state=seed, **trials.parameters)
    started = time.perf_counter()
    model.fit(_of(trials.X, learn), targets[learn])
    seconds = time.perf_counter() - started
    score = model.score(_of(trials.X, test), targets[test])
    return {"error": (100 if trials.has_classes else 1) * (1 - score), "seconds": seconds}


def _of(X: Any, rows: NDArray[np.int64]) -> Any:
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    return X[rows] if hasattr(X, "shape") else np.asarray(X)[rows]


def _compared(rule: str, errors: list[float], seconds: float, first: NDArray[np.float64] | None) -> ComparedRule:
    if first is None:
        return ComparedRule(rule, tuple(errors), seconds, None, None)
    differences = np.array(errors) - first
    p = None
    if len(errors) > 1 and np.ptp(differences) < 1e-9:
        # all the same, but for rounding
        p = 1.0 if abs(differences.mean()) < 1e-9 else 0.0
    elif len(errors) > 1:
        p = float(stats.ttest_rel(errors, first).pvalue)
    return ComparedRule(rule, tuple(errors), seconds, float(differences.mean()), p)
