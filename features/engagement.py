"""Everything a customer does, taken together; what the shop does to them is not part of it."""

import ibis

from features.feature import Feature, count, known_to_some, number
from features.plan import EXPOSURE, FeaturePlan
from features.windows import log_trend, window_days


def catalogue(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The entries of the columns below; none where the shop gives no interactions."""
    if not plan.has_interactions:
        return ()
    h = plan.churn_window_days
    counts = [
        count(
            f"engagement_count_{w}d",
            "events",
            "engagement",
            f"interactions of every kind in the last {w} days, what the shop sent not counted",
            f"{{value:interactions}} in the last {w} days",
        )
        for w in window_days(plan)
    ]
    return (
        *counts,
        count(
            f"engagement_kinds_{h}d",
            "kinds",
            "engagement",
            f"different kinds of interaction in the last {h} days, what the shop sent not counted",
            f"{{value:kinds}} of interaction in the last {h} days",
        ),
        known_to_some(
            "engagement_days_since_last",
            "days",
            "engagement",
            "days since the last interaction, what the shop sent not counted",
            "last seen {value:days} ago",
            "never seen but for purchases",
        ),
        number(
            "engagement_trend",
            "log ratio",
            "engagement",
            f"log of (1 + interactions in the last {h} days) over (1 + those in the {h} days before)",
            f"{{engagement_count_{h}d:interactions}} in the last {h} days, "
            f"{{engagement_count_{2 * h}d:,.0f}} in the last {2 * h}",
        ),
    )


def columns(kind_rows: ibis.Table, plan: FeaturePlan) -> ibis.Table:
    """One row per customer who did anything, from one row per customer and kind."""
    did = kind_rows.filter(kind_rows.kind.notin(EXPOSURE))
    h = plan.churn_window_days
    sums = did.group_by("customer_id").aggregate(
        **{f"engagement_count_{w}d": did[f"events_{w}d"].cast("float64").sum() for w in window_days(plan)},
        **{f"engagement_kinds_{h}d": did.count(where=did[f"events_{h}d"] > 0)},
        engagement_days_since_last=did.last_days_ago.min(),
    )
    recent, both = sums[f"engagement_count_{h}d"], sums[f"engagement_count_{2 * h}d"]
    return sums.mutate(engagement_trend=log_trend(recent, both))
