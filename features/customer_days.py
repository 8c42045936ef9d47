"""A customer's days: the one table from which every purchase feature is summed."""

import ibis

from features.tally import count_where
from features.ticks import ticks


def customer_days(past: ibis.Table) -> ibis.Table:
    """One row per customer and day with a purchase or a refund; `past` needs `days_ago`.

    `bought` tells days with a purchase. On those, `gap_days` reaches back to the purchase day before (NULL
    on the first), `nth` counts purchase days from 0, and `first_days_ago` and `silence_days` repeat the
    customer's first and last purchase day; on days with refunds only, these five mean nothing.
    """
    bought = past.amount >= 0
    amount = ticks(past.amount)
    days = past.group_by("customer_id", "days_ago").aggregate(
        orders=count_where(bought).cast("float64"),
        spend_ticks=bought.ifelse(amount, 0.0).sum(),
        refunds=count_where(~bought).cast("float64"),
        refund_ticks=bought.ifelse(0.0, -amount).sum(),
    )
    days = days.mutate(bought=days.orders > 0)
    # Days with a refund only are a partition of their own, so they part no two purchases.
    every = ibis.window(group_by=["customer_id", "bought"])
    oldest_first = ibis.window(group_by=["customer_id", "bought"], order_by=ibis.desc("days_ago"))
    return days.mutate(
        gap_days=days.days_ago.lag().over(oldest_first) - days.days_ago,
        nth=ibis.row_number().over(oldest_first),
        first_days_ago=days.days_ago.max().over(every),
        silence_days=days.days_ago.min().over(every),
    )
