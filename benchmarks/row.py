"""One line of the table: our seconds beside those of a peer or a floor."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """Seconds of wall time, the shorter of two runs each."""

    what: str
    ours: float
    beside: str
    theirs: float
    note: str = ""


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """The shorter of two runs, and what the work gave."""
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return min(seconds), result
