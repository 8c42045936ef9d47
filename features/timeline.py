"""The last things each customer did, as a person looks back on them; never a feature."""

from datetime import date

import ibis

from features.as_of import AsOf
from features.plan import EXPOSURE
from features.rows import without
from features.shop import Shop

LATELY_DAYS = 180
"""How far back engagement counts for the channel by which a customer is best reached."""


def timeline(shop: Shop, as_of: date, most: int) -> ibis.Table:
    """The `most` newest days of each customer's purchases and of their interactions, and what they did lately.

    One row per customer, `part`, day and `kind`, those of a customer together, the newest days
    first. `part` is `purchase` (`kind` is
    purchase or refund, `amount` what the day brought), `interaction`, or `lately`: without a day, the
    interactions of the last LATELY_DAYS days, what the shop sent not counted. Reads nothing that happened at
    or after `as_of`, and nobody who objects to profiling.
    """
    moment = AsOf(as_of, shop.timezone)
    orders = moment.past(shop.purchases)
    bought = orders.mutate(
        part=ibis.literal("purchase"), kind=(orders.amount >= 0).ifelse("purchase", "refund")
    )
    days = _newest(_by_day(bought), most)
    if shop.interactions is not None:
        past = moment.past(shop.interactions).mutate(amount=ibis.null("float64"))
        lately = past.filter((past.days_ago <= LATELY_DAYS) & past.kind.notin(EXPOSURE))
        counted = _by_day(lately.mutate(part=ibis.literal("lately"), day=ibis.null("date")))
        seen = _newest(_by_day(past.mutate(part=ibis.literal("interaction"))), most)
        days = days.union(seen, counted)
    if shop.customers is not None and "opted_out" in shop.customers.columns:
        objectors = shop.customers.filter(shop.customers.opted_out.fill_null(False))
        days = without(days, objectors, "customer_id")
    return days.order_by("customer_id", days.part == "lately", ibis.desc("day"), ibis.desc("part"), "kind")


def _by_day(events: ibis.Table) -> ibis.Table:
    return events.group_by("customer_id", "part", "day", "kind").aggregate(
        events=events.count().cast("int64"), amount=events.amount.cast("float64").sum()
    )


def _newest(days: ibis.Table, most: int) -> ibis.Table:
    order = ibis.window(group_by="customer_id", order_by=[days.day.desc(), days.kind])
    ranked = days.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place < most).drop("place")
