"""Everything a customer does, taken together; what the shop does to them is not part of it."""

from functools import reduce
from operator import add

import ibis

from features.feature import Feature, count, known_to_some, number
from features.plan import EXPOSURE, FeaturePlan
from features.tally import count_where, least_where
from features.window import trailing
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
            f"different kinds of interaction in the last {h} days, of those with columns of their own",
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


def totals(events: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """What the columns need of a customer's interactions."""
    engaged = events.kind.notin(EXPOSURE)
    counts = {
        f"engaged_{w}d": count_where(engaged & trailing(w).holds(events.days_ago)) for w in window_days(plan)
    }
    return counts | {"last_engaged_days_ago": least_where(engaged, events.days_ago)}


def columns(sums: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns, from one row of totals per customer, those of the kinds among them."""
    h = plan.churn_window_days
    kinds_seen = [(sums[f"{kind.slug}__events_{h}d"] > 0).cast("int64") for kind in plan.kinds]
    return {
        **{f"engagement_count_{w}d": sums[f"engaged_{w}d"] for w in window_days(plan)},
        f"engagement_kinds_{h}d": reduce(add, kinds_seen, ibis.literal(0)),
        "engagement_days_since_last": sums.last_engaged_days_ago,
        "engagement_trend": log_trend(sums[f"engaged_{h}d"], sums[f"engaged_{2 * h}d"]),
    }
