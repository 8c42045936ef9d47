"""What a customer spends on a purchase day, and how that changes; refunds make no purchase smaller here."""

import ibis

from features.feature import Feature, known_to_some, number
from features.tally import sum_where
from features.ticks import CENT, money

SPEND = "{amount_mean:,.2f}"


def catalogue() -> tuple[Feature, ...]:
    """The entries of the columns below."""
    return (
        number(
            "amount_mean",
            "shop currency",
            "money",
            "mean spend per purchase day",
            "spends {value:,.2f} on a day of buying",
        ),
        known_to_some(
            "amount_std",
            "shop currency",
            "money",
            "standard deviation of the spend per purchase day; needs two",
            f"spends {SPEND} on a day of buying, give or take {{value:,.2f}}",
            "has bought on one day only",
        ),
        number(
            "first_amount",
            "shop currency",
            "money",
            "spend on the first purchase day",
            f"spent {{value:,.2f}} the first time; {SPEND} on average",
        ),
        number(
            "amount_last",
            "shop currency",
            "money",
            "spend on the last purchase day",
            f"spent {{value:,.2f}} the last time; {SPEND} on average",
        ),
        number(
            "amount_max",
            "shop currency",
            "money",
            "largest spend on a purchase day",
            f"never spent more than {{value:,.2f}} on a day; {SPEND} on average",
        ),
        known_to_some(
            "amount_trend",
            "share per purchase day",
            "money",
            "slope of the spend from one purchase day to the next, over its mean; needs two",
            "spend changes by {value:+.0%} of the average from one day of buying to the next",
            "has bought on one day only, or for nothing",
        ),
    )


def totals(days: ibis.Table) -> dict[str, ibis.Value]:
    """What the columns need of a customer's days."""
    cents = (days.spend_ticks / CENT).round().cast("float64")
    return {
        "first_spend_ticks": sum_where(days.nth == 0, days.spend_ticks),
        "last_spend_ticks": sum_where(days.days_ago == days.silence_days, days.spend_ticks),
        "most_spend_ticks": days.spend_ticks.max(),
        "spend_cent_squares": (cents * cents).sum(),
        "spend_cents": cents.sum(),
        "nth_spend_ticks": (days.nth.cast("float64") * days.spend_ticks).sum(),
    }


def columns(sums: ibis.Table) -> dict[str, ibis.Value]:
    """The columns, from one row of totals per customer."""
    n = sums.purchase_day_count.cast("float64")
    # Whole numbers up to the last division, so equal amounts have a variance of exactly 0.
    variance = (n * sums.spend_cent_squares - sums.spend_cents * sums.spend_cents) / (n * (n - 1)).nullif(0)
    # Least squares over the ranks 0 .. n - 1, whose squared deviations add up to n (n^2 - 1) / 12.
    rise = sums.nth_spend_ticks - sums.spend_ticks * (n - 1) / 2
    slope = rise * 12 / (n * (n * n - 1)).nullif(0)
    return {
        "amount_mean": money(sums.spend_ticks) / n,
        "amount_std": money(variance.clip(lower=0).sqrt() * CENT),
        "first_amount": money(sums.first_spend_ticks),
        "amount_last": money(sums.last_spend_ticks),
        "amount_max": money(sums.most_spend_ticks),
        "amount_trend": slope * n / sums.spend_ticks.nullif(0),
    }
