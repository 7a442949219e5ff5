"""How far a training is, on standard error: a bar where `tqdm` is installed, else a line an epoch."""

from __future__ import annotations

import sys
from typing import Any, Self


class Progress:
    """Shows finished epochs.

    Parameters
    ----------
    epochs : int
        How many there will be at most.
    verbose : bool or int
        Whether anything is shown.
    """

    def __init__(self, epochs: int, verbose: bool | int) -> None:
        self._epochs = epochs
        self._bar: Any = None
        self._shows = bool(verbose)
        if not self._shows:
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return
        self._bar = tqdm(total=epochs, unit="epoch")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, epoch: int, loss: float, score: float | None) -> None:
        """Shows that an epoch is finished, with its loss and the score on the rows held back."""
        if not self._shows:
            return
        figures = {"loss": f"{loss:.4f}"} | ({} if score is None else {"validation": f"{score:.4f}"})
        if self._bar is not None:
            self._bar.set_postfix(figures)
            self._bar.update()
        else:
            text = ", ".join(f"{name} {figure}" for name, figure in figures.items())
            print(f"epoch {epoch}/{self._epochs}: {text}", file=sys.stderr)
