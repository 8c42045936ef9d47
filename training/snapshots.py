"""Which past dates a model learns from: their label windows are all over before it predicts."""

from dataclasses import dataclass
from datetime import date, timedelta

FULL_WINDOWS = 8
SEASONS_BACK = 3
LEAST_HISTORY_DAYS = 30
ENOUGH_HISTORY_DAYS = 180
SHORT_WEIGHT = 0.05
LONGEST_SEASON_DAYS = 183  # a window of more than half a year has hardly a season of its own


@dataclass(frozen=True)
class Snapshot:
    """Features as of `as_of`, labels in `[as_of, as_of + window_days)`; `weight` of one of its rows.

    `is_same_season` where its window is that of the coming one, one or more years before.
    """

    as_of: date
    window_days: int
    weight: float
    is_same_season: bool = False

    @property
    def closes_at(self) -> date:
        """The first day after the label window."""
        return self.as_of + timedelta(days=self.window_days)


def schedule_snapshots(first_day: date, as_of: date, window_days: int) -> tuple[Snapshot, ...]:
    """The past dates to learn from, newest window first; empty when no full window fits.

    `first_day` is the day of the first purchase. Full windows stand a third of a window apart, the
    last one closing at `as_of`, and the same season is taken up to three years back. Two shorter
    windows that close at `as_of` add the newest customers; they count a twentieth, because what
    follows in a shorter window is a different question. Weights halve every two windows back.
    """
    history = min(window_days // 2, ENOUGH_HISTORY_DAYS)
    earliest = first_day + timedelta(days=max(LEAST_HISTORY_DAYS, history))
    steps = [round(step * window_days / 3) for step in range(FULL_WINDOWS)]
    starts = [as_of - timedelta(days=window_days + step) for step in steps]
    years_before = [as_of - timedelta(days=365 * years) for years in range(1, SEASONS_BACK + 1)]
    full = [
        Snapshot(
            start,
            window_days,
            _weight(start + timedelta(days=window_days), as_of, window_days),
            start in years_before and window_days <= LONGEST_SEASON_DAYS,
        )
        for start in sorted({*starts, *years_before}, reverse=True)
        if start >= earliest and start + timedelta(days=window_days) <= as_of
    ]
    if not full:
        return ()
    short = [
        Snapshot(as_of - timedelta(days=days), days, SHORT_WEIGHT)
        for days in (window_days // 2, window_days // 4)
        if days >= 1 and as_of - timedelta(days=days) >= earliest
    ]
    return tuple(full + short)


def _weight(closes_at: date, as_of: date, window_days: int) -> float:
    return float(0.5 ** ((as_of - closes_at).days / (2 * window_days)))
