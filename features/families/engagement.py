"""Everything a customer does, taken together; what the shop does to them is not part of it."""

from functools import reduce
from operator import add

import ibis

from features.families.kinds import shown_days
from features.families.windows import log_trend
from features.feature import Feature, count, known_to_some, number
from features.plan import FeaturePlan


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
        for w in shown_days(plan)
    ]
    return (
        *counts,
        count(
            "engagement_kinds_90d",
            "kinds",
            "engagement",
            "different kinds of interaction in the last 90 days, of those with columns of their own",
            "{value:kinds} of interaction in the last 90 days",
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


def columns(features: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns, from features beside which stand those of every kind."""
    if not plan.has_interactions:
        return {}
    slugs = [*(kind.slug for kind in plan.kinds), *([""] if plan.has_other_kinds else [])]

    def counted(days: int) -> ibis.Value:
        return reduce(
            add,
            [features[f"{slug}__count_{days}d"].cast("int64").fill_null(0) for slug in slugs],
            ibis.literal(0),
        )

    h = plan.churn_window_days
    lately = [(features[f"{kind.slug}__count_90d"] > 0).cast("int64").fill_null(0) for kind in plan.kinds]
    latest = [features[f"{slug}__days_since_last"] for slug in slugs]
    return {
        **{f"engagement_count_{w}d": counted(w) for w in shown_days(plan)},
        "engagement_kinds_90d": reduce(add, lately, ibis.literal(0)),
        "engagement_days_since_last": ibis.least(*latest) if latest else ibis.null("float64"),
        "engagement_trend": log_trend(counted(h), counted(2 * h)),
    }
