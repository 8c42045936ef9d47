"""Purchases in trailing windows, in the last one and two churn windows, and in the same season last year."""

import ibis

from features.feature import Feature, count, number
from features.plan import FeaturePlan
from features.tally import count_where, sum_where
from features.ticks import money
from features.window import Window, season, trailing

TRAILING_DAYS = (7, 30, 90, 180, 365)
DECAY_DAYS = (30, 90, 360)
WHOLE = 1e9
"""Decayed days are summed as whole billionths, for the same reason as money is summed in ticks."""


def window_days(plan: FeaturePlan) -> tuple[int, ...]:
    """Lengths of the trailing windows, shortest first."""
    return tuple(sorted({*TRAILING_DAYS, plan.churn_window_days, 2 * plan.churn_window_days}))


def catalogue(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The entries of the columns below."""
    entries: list[Feature] = []
    for w in window_days(plan):
        last = f"in the last {w} days"
        entries += [
            count(
                f"purchase_days_{w}d",
                "days",
                "frequency",
                f"days with a purchase {last}",
                f"bought on {{value:days}} {last}",
            ),
            count(
                f"orders_{w}d",
                "orders",
                "frequency",
                f"orders {last}, refunds not counted",
                f"placed {{value:orders}} {last}",
            ),
            number(
                f"spend_{w}d",
                "shop currency",
                "money",
                f"spend {last}, net of refunds",
                f"spent {{value:,.2f}} {last}",
            ),
            count(f"refunds_{w}d", "refunds", "refunds", f"refunds {last}", f"had {{value:refunds}} {last}"),
        ]
    coming = f"in the {plan.churn_window_days} days from this date on, a year ago"
    entries += [
        count(
            "purchase_days_season",
            "days",
            "season",
            f"days with a purchase {coming}",
            f"bought on {{value:days}} {coming}",
        ),
        number(
            "spend_season",
            "shop currency",
            "season",
            f"spend {coming}, net of refunds",
            f"spent {{value:,.2f}} {coming}",
        ),
    ]
    entries += [
        number(
            f"purchase_rate_ew_{d}d",
            "days per day",
            "frequency",
            f"purchase days per day, fading: one of {d} days ago counts 1/e of one today",
            f"of late buys on {{value:.1%}} of days (fading over {d} days)",
        )
        for d in DECAY_DAYS
    ]
    h = plan.churn_window_days
    entries.append(
        number(
            "purchase_trend",
            "log ratio",
            "frequency",
            f"log of (1 + purchase days in the last {h} days) over (1 + those in the {h} days before)",
            f"bought on {{purchase_days_{h}d:days}} in the last {h} days, "
            f"on {{purchase_days_{2 * h}d:days}} in the last {2 * h}",
        )
    )
    return tuple(entries)


def totals(days: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """What the columns need of a customer's days."""
    sums = {}
    for w in window_days(plan):
        sums[f"orders_{w}d"] = sum_where(trailing(w).holds(days.days_ago), days.orders)
    for name, window in _spend_windows(plan).items():
        inside = window.holds(days.days_ago)
        sums[f"purchase_days_{name}"] = count_where(inside)
        sums[f"spend_ticks_{name}"] = sum_where(inside, days.spend_ticks)
    for d in DECAY_DAYS:
        faded = (-days.days_ago.cast("float64") / d).exp()
        sums[f"faded_{d}d"] = (faded * WHOLE).round().cast("float64").sum()
    return sums


def refund_totals(refunds: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """What the columns need of a customer's refunds."""
    sums = {}
    for w in window_days(plan):
        sums[f"refunds_{w}d"] = count_where(trailing(w).holds(refunds.days_ago))
    for name, window in _spend_windows(plan).items():
        sums[f"refund_ticks_{name}"] = sum_where(window.holds(refunds.days_ago), refunds.ticks)
    return sums


def columns(sums: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns; a sum over a window without an event is NULL in SQL, and zero is what happened in it.

    `sums` has one row of both totals per customer; those of refunds are NULL where there is none.
    """
    names = [f"{w}d" for w in window_days(plan)]
    values = {}
    for name in names:
        values[f"orders_{name}"] = sums[f"orders_{name}"].fill_null(0)
        values[f"refunds_{name}"] = sums[f"refunds_{name}"].fill_null(0)
    for name in (*names, "season"):
        values[f"purchase_days_{name}"] = sums[f"purchase_days_{name}"]
        spent, refunded = sums[f"spend_ticks_{name}"].fill_null(0), sums[f"refund_ticks_{name}"].fill_null(0)
        values[f"spend_{name}"] = money(spent - refunded)
    for d in DECAY_DAYS:
        values[f"purchase_rate_ew_{d}d"] = sums[f"faded_{d}d"] / WHOLE / d
    recent = sums[f"purchase_days_{plan.churn_window_days}d"]
    both = sums[f"purchase_days_{2 * plan.churn_window_days}d"]
    values["purchase_trend"] = log_trend(recent, both)
    return values


def _spend_windows(plan: FeaturePlan) -> dict[str, Window]:
    return {**{f"{w}d": trailing(w) for w in window_days(plan)}, "season": season(plan.churn_window_days)}


def log_trend(recent: ibis.Value, both: ibis.Value) -> ibis.Value:
    """Log of (1 + what the last churn window counts) over (1 + the one before), from the last and both."""
    return ((recent + 1) / (both - recent + 1).cast("float64")).log()
