"""Features as of a date: one lazy expression, the same on every engine."""

from datetime import date

import ibis

from features import gaps, summary, windows
from features.as_of import AsOf
from features.catalog import describe
from features.customer_days import customer_days
from features.plan import FeaturePlan


def build_features(
    purchases: ibis.Table,
    interactions: ibis.Table | None,
    customers: ibis.Table | None,
    as_of: date,
    plan: FeaturePlan,
) -> ibis.Table:
    """One row per customer with a purchase before `as_of`; `customer_id` and the columns of `describe(plan)`.

    Takes admitted tables and reads nothing of what happened at or after `as_of`. Rows come in no order.
    """
    moment = AsOf(as_of, plan.timezone)
    days = customer_days(moment.past(purchases))
    sums = days.group_by("customer_id").aggregate(
        **summary.totals(days), **windows.totals(days, plan), **gaps.totals(days)
    )
    sums = sums.filter(sums.purchase_day_count > 0)
    values = {**summary.columns(sums), **windows.columns(sums, plan), **gaps.columns(sums, plan)}
    return sums.select(
        "customer_id",
        **{feature.name: values[feature.name].cast(feature.dtype) for feature in describe(plan)},
    )
