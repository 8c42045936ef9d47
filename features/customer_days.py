"""A customer's days: the one table from which every purchase feature is summed, and the refunds beside it."""

import ibis

from features.ticks import ticks


def customer_days(past: ibis.Table) -> ibis.Table:
    """One row per customer and day with a purchase; `past` needs `days_ago`.

    `gap_days` reaches back to the purchase day before (NULL on the first), `nth` counts purchase days from 0,
    and `first_days_ago` and `silence_days` repeat the customer's first and last purchase day.
    """
    bought = past.filter(past.amount >= 0)
    days = bought.group_by("customer_id", "days_ago").aggregate(
        orders=bought.count().cast("float64"), spend_ticks=ticks(bought.amount).sum()
    )
    every = ibis.window(group_by="customer_id")
    oldest_first = ibis.window(group_by="customer_id", order_by=ibis.desc("days_ago"))
    return days.mutate(
        gap_days=days.days_ago.lag().over(oldest_first) - days.days_ago,
        nth=ibis.row_number().over(oldest_first),
        first_days_ago=days.days_ago.max().over(every),
        silence_days=days.days_ago.min().over(every),
    )


def customer_refunds(past: ibis.Table) -> ibis.Table:
    """One row per refund; `past` needs `days_ago`. Few days have one, so they are summed on their own."""
    refunds = past.filter(past.amount < 0)
    return refunds.select("customer_id", "days_ago", ticks=-ticks(refunds.amount))
