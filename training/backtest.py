"""The backtest: Tenure beside its peers on the shop's own past, on each date knowing what was known then."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from features.errors import DataError
from features.shop import Shop
from models.horizons import Horizons
from training.held_out import HeldOut, hold_out
from training.hindsight import Hindsight, look_back
from training.judgement import CHURN, VALUE, Verdict, judge_churn, judge_value, verdicts
from training.learn import Tell
from training.past import Past

MOST_DATES = 4
WINDOWS_NEEDED = 3
"""A date to test needs its own window, one before to learn from, and one before that for the peers."""


@dataclass(frozen=True)
class Backtest:
    """What every forecaster said and what then happened.

    `churn` and `value` hold the metrics, one row per date and forecaster; `hindsights` what they are made
    of: of the churn window first, then of the value horizon. `notes` are sentences on what was left out.
    """

    churn_window_days: int
    value_horizon_days: int
    churn: pd.DataFrame
    value: pd.DataFrame
    verdicts: tuple[Verdict, ...]
    churn_hindsights: tuple[Hindsight, ...]
    value_hindsights: tuple[Hindsight, ...]
    notes: tuple[str, ...]


def backtest(
    shop: Shop, as_of: date, horizons: Horizons, attributes: tuple[str, ...], seed: int, tell: Tell
) -> Backtest:
    """Test on as many past dates as fit before `as_of`, the newest first.

    Value is tested over the CLV horizon where such a window fits into the past, else over the churn window.
    Raises DataError, with the numbers, when no date fits.
    """
    past = Past(shop, seed)
    h, horizon = horizons.churn_window_days, horizons.clv_horizon_days
    churn_dates = past_dates(past.first_day() or as_of, as_of, h)
    notes = []
    if not churn_dates:
        raise DataError(_nothing_fits(past.first_day() or as_of, as_of, h))
    value_dates = past_dates(past.first_day() or as_of, as_of, horizon)
    if not value_dates:
        notes.append(
            f"No past window of {horizon} days fits into the history: value is tested over {h} days."
        )
        horizon, value_dates = h, churn_dates
    jobs = [(day, h) for day in churn_dates]
    jobs += [(day, horizon) for day in value_dates if (day, horizon) not in jobs]
    found: dict[tuple[date, int], Hindsight] = {}
    for number, (day, window) in enumerate(jobs):
        tell(number, len(jobs), f"Tenure on {day}")
        held = hold_out(past, day + timedelta(days=window), window, attributes, lambda *_: None)
        if isinstance(held, HeldOut):
            tell(number, len(jobs), f"peers on {day}")
            found[day, window] = look_back(held)
        else:
            notes.append(f"{day}: {held}")
    tell(len(jobs), len(jobs), "comparing")
    near = tuple(found[day, h] for day in churn_dates if (day, h) in found)
    far = tuple(found[day, horizon] for day in value_dates if (day, horizon) in found)
    if not near:
        raise DataError("No past date can be tested. " + " ".join(notes))
    return Backtest(
        churn_window_days=h,
        value_horizon_days=horizon,
        churn=pd.concat([judge_churn(hindsight) for hindsight in near], ignore_index=True),
        value=pd.concat([judge_value(hindsight) for hindsight in far or near], ignore_index=True),
        verdicts=(*verdicts(near, CHURN, seed), *verdicts(far or near, VALUE, seed)),
        churn_hindsights=near,
        value_hindsights=far or near,
        notes=tuple(notes),
    )


def past_dates(first_day: date, as_of: date, window_days: int) -> tuple[date, ...]:
    """The dates whose windows are over at `as_of`, newest first and a window apart, with enough before them."""
    newest = as_of - timedelta(days=window_days)
    earliest = first_day + timedelta(days=(WINDOWS_NEEDED - 1) * window_days)
    dates = (newest - timedelta(days=step * window_days) for step in range(MOST_DATES))
    return tuple(day for day in dates if day >= earliest)


def _nothing_fits(first_day: date, as_of: date, window_days: int) -> str:
    return (
        f"No past date can be tested: a window of {window_days} days needs {WINDOWS_NEEDED * window_days} days "
        f"of history, and the purchases span {(as_of - first_day).days} ({first_day} to {as_of}). "
        "A shorter churn_window_days needs less."
    )
