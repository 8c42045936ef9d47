"""One line of the table: our figure beside that of a peer, a floor or a target."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """`ours` and `theirs` are of one `unit`: seconds of wall time unless it says otherwise.

    `wanted` bounds the ratio ours / theirs. Where the peer is a target rather than something measured, `beside` says
    so, and the ratio is that to the target.
    """

    what: str
    ours: float
    beside: str
    theirs: float
    note: str = ""
    unit: str = "s"
    wanted: tuple[Literal["at most", "at least"], float] | None = None

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.ours / self.theirs

    @property
    def verdict(self) -> str:
        """What was wanted and whether it holds; empty where nothing was."""
        if self.wanted is None:
            return ""
        bound, limit = self.wanted
        holds = self.ratio <= limit if bound == "at most" else self.ratio >= limit
        return f"{bound} {limit:g}: {'holds' if holds else 'MISSED'}"

    @property
    def cells(self) -> tuple[str, str, str, str, str, str, str]:
        """The row as text: what, ours, beside what, theirs, ratio, verdict, note."""
        ours, theirs = (f"{figure(value)} {self.unit}" for value in (self.ours, self.theirs))
        return self.what, ours, self.beside, theirs, f"{self.ratio:.3g}", self.verdict, self.note


HEADINGS = ("what", "Tenure", "beside it", "", "ratio", "wanted", "note")
"""What stands above `Row.cells`."""


def figure(value: float) -> str:
    """Three digits that count, and no more than two after the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.{1 if abs(value) >= 10 else 2}f}"


def timed(work: Callable[[], Result], runs: int = 2) -> tuple[float, Result]:
    """The shortest of the runs in wall time, and what the work gave."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return min(seconds), result
