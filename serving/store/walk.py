"""Walking a roll: who on it passes the filters of a list, from a customer on."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.store.filters import BOUNDED, EQUAL, Filters
from serving.store.roll import Flags, Places, Roll

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_STEP = 1_024
LONGEST_STEP = 65_536

Test = Callable[[Places], Flags]
"""Which of the customers at some places pass."""


def tests_of(filters: Filters, roll: Roll, marks: Sequence[Flags]) -> list[Test]:
    """What each filter asks, but for contacts; `marks` tell who has what else is asked for.

    The same as serving.store.filters.conditions asks of rows; an empty number passes neither bound.
    """
    tests: list[Test] = [_flagged(flags) for flags in marks]
    for name in EQUAL:
        if (wanted := getattr(filters, name)) is not None:
            codes = roll.codes[name]
            tests.append(_equal(codes.numbers, codes.of(wanted)))
    if filters.rfm_segment is None:
        tests.append(_present(roll.codes["rfm_segment"].numbers))
    if filters.scored_only:
        tests.append(_flagged(roll.eligible))
    for name in BOUNDED:
        if (least := getattr(filters, f"min_{name}")) is not None:
            tests.append(_at_least(roll.numbers[name], least))
        if (most := getattr(filters, f"max_{name}")) is not None:
            tests.append(_at_most(roll.numbers[name], most))
    return tests


def not_since(contacted: "npt.NDArray[np.int64]", moment: int) -> Test:
    """Whether the last contact was before a moment; both in microseconds since 1970."""
    return lambda places: contacted[places] < moment


def microseconds(moment: datetime) -> int:
    """A moment as microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def walk(order: Places, start: int, stop: int, tests: Sequence[Test], most: int) -> Places:
    """The first `most` of `order[start:stop]` who pass all tests; longer and longer steps."""
    found: list[Places] = []
    many, step = 0, FIRST_STEP
    while start < stop and many < most:
        places = passing(order[start : min(start + step, stop)], tests)
        found.append(places)
        many += len(places)
        start += step
        step = min(2 * step, LONGEST_STEP)
    return np.concatenate(found)[:most] if found else order[:0]


def passing(places: Places, tests: Sequence[Test]) -> Places:
    """Those of the places whose customers pass all tests."""
    for test in tests:
        places = places[test(places)]
    return places


def bounds_of_the_sort(filters: Filters, roll: Roll, sort: str) -> tuple[int, int]:
    """From where to where in the order those stand who are within the filters' bounds of what it is sorted by."""
    least, most = getattr(filters, f"min_{sort}", None), getattr(filters, f"max_{sort}", None)
    start = 0 if most is None else roll.rank_from(sort, most)
    stop = len(roll) if least is None else roll.rank_from(sort, np.nextafter(least, -np.inf))
    return start, stop


def _flagged(flags: Flags) -> Test:
    return lambda places: flags[places]


def _equal(numbers: "npt.NDArray[np.int8]", wanted: int) -> Test:
    return lambda places: numbers[places] == wanted


def _present(numbers: "npt.NDArray[np.int8]") -> Test:
    return lambda places: numbers[places] >= 0


def _at_least(numbers: "npt.NDArray[np.floating[Any]]", least: float) -> Test:
    return lambda places: numbers[places] >= least


def _at_most(numbers: "npt.NDArray[np.floating[Any]]", most: float) -> Test:
    return lambda places: numbers[places] <= most
