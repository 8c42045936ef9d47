"""How long a silence means that a customer has gone, read off the shop's own gaps between purchases."""

from datetime import date, timedelta
from math import log
from typing import Any

import ibis

from features.contracts import usual_period_days

WINDOWS = (7, 14, 30, 60, 90, 120, 180, 270, 365)
"""The windows that are proposed, in days."""

WITHOUT_GAPS = 90
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
LEAST_HISTORY_DAYS, ENOUGH_HISTORY_DAYS = 30, 180


def propose_churn_window(purchases: Any, as_of: date) -> int:
    """The days within which nine in ten purchases follow the one before, if so long a window can be tried.

    Looks only at admitted purchases of days before `as_of`. The window leaves room for one backtest date;
    where the history is too short for any window, it is the shortest one. Contracts are asked about when they
    fall due: theirs is the period that nine in ten do not exceed.
    """
    period = usual_period_days(purchases, as_of)
    if period is not None:
        return period
    past = purchases.filter((purchases.day < as_of) & (purchases.amount >= 0))
    first_day = past.aggregate(day=past.day.min()).to_pyarrow().to_pylist()[0]["day"]
    usual = gap_quantiles(purchases, as_of).get(0.9, WITHOUT_GAPS)
    room = [days for days in WINDOWS if first_day is not None and backtest_dates(first_day, as_of, days)]
    return min(room or WINDOWS[:1], key=lambda days: abs(log(days) - log(max(usual, 1))))


def gap_quantiles(purchases: Any, as_of: date) -> dict[float, float]:
    """Quantiles of the days between a customer's purchase days and the next; empty where nobody came back."""
    past = purchases.filter((purchases.day < as_of) & (purchases.amount >= 0))
    days = past.select("customer_id", "day").distinct()
    order = ibis.window(group_by="customer_id", order_by="day")
    gap = days.day.delta(days.day.lag().over(order), unit="day").cast("float64")
    gaps = days.select(gap=gap).filter(lambda t: t.gap.notnull())
    found = gaps.aggregate(**{str(share): gaps.gap.quantile(share) for share in QUANTILES})
    row = found.to_pyarrow().to_pylist()[0]
    return {share: row[str(share)] for share in QUANTILES if row[str(share)] is not None}


def backtest_dates(first_day: date, as_of: date, window_days: int) -> tuple[date, ...]:
    """Past dates, newest first and a window apart, that can be predicted from and have since been decided.

    Each has a full window between it and `as_of`, and before it another window to learn from and some history
    before that.
    """
    history = max(LEAST_HISTORY_DAYS, min(window_days // 2, ENOUGH_HISTORY_DAYS))
    room = (as_of - first_day).days - history - window_days
    return tuple(as_of - timedelta(days=window_days * nth) for nth in range(1, room // window_days + 1))
