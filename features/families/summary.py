"""The BTYD summary of a customer's purchases, and the plain counts and sums beside it.

Source: Fader & Hardie (2005), note 4. Equals lifetimes' summary with observation_period_end = as_of - 1 day,
because lifetimes counts the end day itself. Refunds are no purchases and make no purchase smaller here.
"""

import ibis

from features.feature import Feature, count, known_to_some, number
from features.tally import count_where
from features.ticks import money
from features.window import within_first


def catalogue() -> tuple[Feature, ...]:
    """The entries of the columns below."""
    return (
        count(
            "frequency",
            "days",
            "frequency",
            "days with a purchase, the first one not counted",
            "came back on {value:days} after the first purchase",
        ),
        count(
            "recency",
            "days",
            "recency",
            "age of the customer at the last purchase, from the first to the last purchase day",
            "has bought over {value:days}, from the first purchase to the last",
        ),
        count(
            "T",
            "days",
            "age",
            "age of the customer at the end of observation, the eve of as_of",
            "customer for {value:days}",
        ),
        known_to_some(
            "monetary_value",
            "shop currency",
            "money",
            "mean spend per purchase day, the first one not counted; refunds are not taken off",
            "spends {value:,.2f} on a day of coming back",
            "has not come back after the first purchase",
        ),
        count(
            "days_since_last_purchase",
            "days",
            "recency",
            "days from the last purchase day to as_of",
            "silent for {value:days}",
        ),
        count(
            "purchase_count",
            "orders",
            "frequency",
            "orders, refunds not counted",
            "has placed {value:orders}",
        ),
        count(
            "purchase_day_count",
            "days",
            "frequency",
            "days with a purchase",
            "has bought on {value:days}",
        ),
        number(
            "orders_per_day",
            "orders per day",
            "frequency",
            "orders per purchase day",
            "places {value:.1f} orders on a day of buying",
        ),
        count(
            "purchases_first_30d",
            "days",
            "frequency",
            "purchase days within 30 days from the first one on, which counts",
            "bought on {value:days} of the first 30",
        ),
        number(
            "historic_spend",
            "shop currency",
            "money",
            "spend so far, net of refunds",
            "has spent {value:,.2f} so far",
        ),
        number(
            "gross_spend",
            "shop currency",
            "money",
            "spend so far, refunds not taken off",
            "has bought for {value:,.2f} so far",
        ),
        count(
            "refund_count",
            "refunds",
            "refunds",
            "refunds so far",
            "has had {value:refunds}",
        ),
        number(
            "refund_amount",
            "shop currency",
            "refunds",
            "money given back so far, a positive number",
            "was given back {value:,.2f} so far",
        ),
    )


def totals(days: ibis.Table) -> dict[str, ibis.Value]:
    """What the columns need of a customer's days."""
    return {
        "purchase_day_count": days.count(),
        "first_days_ago": days.days_ago.max().cast("int64"),
        "last_days_ago": days.days_ago.min().cast("int64"),
        "orders": days.orders.sum(),
        "spend_ticks": days.spend_ticks.sum(),
        "days_first_30d": count_where(within_first(30, days.days_ago, days.first_days_ago)),
    }


def refund_totals(refunds: ibis.Table) -> dict[str, ibis.Value]:
    """What the columns need of a customer's refunds."""
    return {"refunds": refunds.count(), "refund_ticks": refunds.ticks.sum()}


def columns(sums: ibis.Table) -> dict[str, ibis.Value]:
    """The columns, from one row of totals per customer."""
    repeat_days = sums.purchase_day_count - 1
    repeat_ticks = sums.spend_ticks - sums.first_spend_ticks
    refund_ticks = sums.refund_ticks.fill_null(0)  # NULL where there is no refund
    return {
        "frequency": repeat_days,
        "recency": sums.first_days_ago - sums.last_days_ago,
        "T": sums.first_days_ago - 1,
        "monetary_value": money(repeat_ticks) / repeat_days.cast("float64").nullif(0),
        "days_since_last_purchase": sums.last_days_ago,
        "purchase_count": sums.orders,
        "purchase_day_count": sums.purchase_day_count,
        "orders_per_day": sums.orders / sums.purchase_day_count.cast("float64"),
        "purchases_first_30d": sums.days_first_30d,
        "historic_spend": money(sums.spend_ticks - refund_ticks),
        "gross_spend": money(sums.spend_ticks),
        "refund_count": sums.refunds,
        "refund_amount": money(refund_ticks),
    }
