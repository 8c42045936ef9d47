"""The season: when `as_of` falls in the year, and how much a customer buys in the season that comes."""

from datetime import date
from math import pi

import ibis

from features.feature import Feature, count, known_to_some, number
from features.plan import FeaturePlan
from features.tally import count_where
from features.window import YEAR, in_season_of_any_year


def catalogue(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The entries of the columns below."""
    return (
        count(
            "as_of_month", "month", "season", "month of as_of, 1 to 12", "it is month {value:.0f} of the year"
        ),
        number(
            "as_of_year_sin",
            "sine",
            "season",
            "sine of the way through the year; with the cosine, 31 December lies beside 1 January",
            "it is month {as_of_month:.0f} of the year",
        ),
        number(
            "as_of_year_cos",
            "cosine",
            "season",
            "cosine of the way through the year",
            "it is month {as_of_month:.0f} of the year",
        ),
        known_to_some(
            "season_purchase_share",
            "share",
            "season",
            f"share of past purchase days that fell in the {plan.churn_window_days} days from this date on, "
            "in any year before; known after a year as a customer",
            f"made {{value:.0%}} of all purchases in the {plan.churn_window_days} days of the year to come",
            "has not been a customer for a year",
        ),
    )


def totals(days: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """What the columns need of a customer's days."""
    in_season = in_season_of_any_year(days.days_ago, plan.churn_window_days)
    return {"days_in_season": count_where(in_season)}


def columns(sums: ibis.Table, as_of: date) -> dict[str, ibis.Value]:
    """The columns, from one row of totals per customer."""
    day = ibis.literal(as_of)
    # A number given as text, because Spark reads a bare 0.5 as a decimal.
    angle = (day.day_of_year() - 1).cast("float64") * ibis.literal(repr(2 * pi / YEAR)).cast("float64")
    share = sums.days_in_season / sums.purchase_day_count.cast("float64")
    return {
        "as_of_month": day.month(),
        "as_of_year_sin": angle.sin(),
        "as_of_year_cos": angle.cos(),
        "season_purchase_share": (sums.first_days_ago >= YEAR).ifelse(share, None),
    }
