"""Half-open windows of days before `as_of`: the one place that decides on which side of an edge a day falls.

A day is told by `days_ago`, the days from it to `as_of`: 1 on the eve, 7 on the first day of the last seven.
"""

from dataclasses import dataclass

import ibis

YEAR = 365


@dataclass(frozen=True)
class Window:
    """The `length` days from `as_of - opened` days on: [as_of - opened, as_of - opened + length)."""

    opened: int
    length: int

    def holds(self, days_ago: ibis.Value) -> ibis.Value:
        """Whether a day of the past, told by its `days_ago`, lies in the window."""
        entered = days_ago <= self.opened
        closed = self.opened - self.length
        return entered & (days_ago > closed) if closed > 0 else entered


def trailing(days: int) -> Window:
    """The last `days` days: [as_of - days, as_of)."""
    return Window(opened=days, length=days)


def season(length: int) -> Window:
    """The days of the coming `length` days, a year earlier: [as_of - 365, as_of - 365 + length)."""
    return Window(opened=YEAR, length=min(length, YEAR))


def within_first(days: int, days_ago: ibis.Value, first_days_ago: ibis.Value) -> ibis.Value:
    """Whether a day lies in the `days` days from the first one on, which counts."""
    return days_ago > first_days_ago - days


def in_season_of_any_year(days_ago: ibis.Value, length: int) -> ibis.Value:
    """Whether a day lies in the coming `length` days of any earlier year, years being 365 days long."""
    into_year = days_ago % YEAR
    return (into_year == 0) | (into_year > YEAR - length)
