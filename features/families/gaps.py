"""A customer's own rhythm: the gaps between purchase days, and the present silence against them."""

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd

from features.feature import Feature, known_to_some, number
from features.plan import FeaturePlan
from features.tally import count_where, most_where

PRIOR_GAPS = 2.0
"""So many gaps of the shop's typical length are added to a customer's own before the mean is taken."""

SILENT = "silent for {days_since_last_purchase:days}"
NO_GAP = f"{SILENT}; has bought on one day only"


def catalogue() -> tuple[Feature, ...]:
    """The entries of the columns below."""
    return (
        known_to_some(
            "gap_mean_days",
            "days",
            "rhythm",
            "mean gap between purchase days",
            "usually buys every {value:days}",
            "has bought on one day only",
        ),
        known_to_some(
            "gap_std_days",
            "days",
            "rhythm",
            "standard deviation of the gaps between purchase days; needs two gaps",
            "buys every {gap_mean_days:days}, give or take {value:days}",
            "has bought too rarely to show a rhythm",
        ),
        known_to_some(
            "gap_max_days",
            "days",
            "rhythm",
            "longest gap between purchase days",
            "was never silent for longer than {value:days} between purchases",
            "has bought on one day only",
        ),
        known_to_some(
            "gap_last_days",
            "days",
            "rhythm",
            "gap before the last purchase day",
            "the last purchase came {value:days} after the one before",
            "has bought on one day only",
        ),
        number(
            "silence_log_ratio",
            "log ratio",
            "rhythm",
            "log of the days since the last purchase over the customer's mean gap, which is drawn to the "
            "shop's typical gap as if two more gaps had been of that length",
            SILENT + "; usually buys every {gap_mean_days:days}",
            NO_GAP,
        ),
        known_to_some(
            "silence_gap_share",
            "share",
            "rhythm",
            "share of the customer's gaps that were shorter than the present silence",
            SILENT + "; {value:.0%} of the gaps between purchases were shorter",
            NO_GAP,
        ),
        known_to_some(
            "silence_to_max_gap",
            "ratio",
            "rhythm",
            "days since the last purchase over the longest gap",
            SILENT + "; the longest gap so far was {gap_max_days:days}",
            NO_GAP,
        ),
        known_to_some(
            "regularity",
            "share",
            "rhythm",
            "squared mean gap over its sum with the gaps' variance: 1 like clockwork, 0.5 at random, "
            "less in bursts; needs two gaps",
            "buys every {gap_mean_days:days}, give or take {gap_std_days:days}",
            "has bought too rarely to show a rhythm",
        ),
    )


def totals(days: ibis.Table) -> dict[str, ibis.Value]:
    """What the columns need of a customer's days."""
    gap = days.gap_days.cast("float64")
    return {
        "gap_squares": (gap * gap).sum(),
        "gap_max": days.gap_days.max(),
        "gap_last": most_where(days.days_ago == days.silence_days, days.gap_days),
        "gaps_shorter": count_where(days.gap_days < days.silence_days),
    }


def columns(sums: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns, from one row of totals per customer; the gaps of a customer add up to `span`."""
    gaps = (sums.purchase_day_count - 1).cast("float64")
    span = (sums.first_days_ago - sums.last_days_ago).cast("float64")
    silence = sums.last_days_ago.cast("float64")
    mean = span / gaps.nullif(0)
    usual = (span + PRIOR_GAPS * plan.typical_gap_days) / (gaps + PRIOR_GAPS)
    # Whole numbers up to the last division, so equal gaps have a variance of exactly 0.
    variance = (gaps * sums.gap_squares - span * span) / (gaps * (gaps - 1)).nullif(0)
    return {
        "gap_mean_days": mean,
        "gap_std_days": variance.sqrt(),
        "gap_max_days": sums.gap_max,
        "gap_last_days": sums.gap_last,
        "silence_log_ratio": (silence / usual).log(),
        "silence_gap_share": sums.gaps_shorter / gaps.nullif(0),
        "silence_to_max_gap": silence / sums.gap_max,
        "regularity": mean * mean / (mean * mean + variance),
    }


def silence_log_ratio(features: pd.DataFrame, plan: FeaturePlan) -> npt.NDArray[np.float64]:
    """The column of that name once more, from a finished table: it alone depends on the shop's typical gap."""
    span, gaps = features["recency"].to_numpy(dtype=float), features["frequency"].to_numpy(dtype=float)
    usual = (span + PRIOR_GAPS * plan.typical_gap_days) / (gaps + PRIOR_GAPS)
    return np.log(features["days_since_last_purchase"].to_numpy(dtype=float) / usual)
