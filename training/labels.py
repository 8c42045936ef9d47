"""What customers did after a date: the answers that a model learns from and is judged by.

Labels live in training, so nothing that serves can see the future.
"""

from datetime import date, timedelta

import ibis

from features.ticks import money, ticks


def label_customers(purchases: ibis.Table, as_of: date, window_days: int) -> ibis.Table:
    """One row per customer with a purchase before `as_of`; what they did in `[as_of, as_of + window_days)`.

    `purchase_days` counts days with a purchase (refunds are none); `spend` is net of refunds, in shop
    currency, and may be negative; `next_purchase_days` is the number of days from `as_of` to the
    window's first purchase, null for customers who did not return.
    """
    end = as_of + timedelta(days=window_days)
    bought = purchases.amount >= 0
    inside = (purchases.day >= ibis.date(as_of.isoformat())) & (purchases.day < ibis.date(end.isoformat()))
    return (
        purchases.filter(purchases.day < ibis.date(end.isoformat()))
        .group_by("customer_id")
        .aggregate(
            is_known=((purchases.day < ibis.date(as_of.isoformat())) & bought).any(),
            # A customer without a row in the window bought on no day of it and spent nothing.
            purchase_days=purchases.day.nunique(where=inside & bought),
            # Summed in whole ticks, so that the order of rows moves no digit.
            spend=money(ticks(purchases.amount).sum(where=inside).fill_null(0)),
            next_purchase_on=purchases.day.min(where=inside & bought),
        )
        .filter(lambda t: t.is_known)
        .select(
            "customer_id",
            "purchase_days",
            "spend",
            next_purchase_days=lambda t: t.next_purchase_on.delta(ibis.date(as_of.isoformat()), unit="day"),
        )
    )
