"""What lies in a customer's orders, where the shop tells: items, discounts, guests, categories, channels."""

import ibis

from features.feature import Feature, count, known_to_some, literal
from features.plan import FeaturePlan
from features.tally import count_where
from features.ticks import money, ticks

UNTOLD = "no order says"


def catalogue(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The entries of the columns below; two underscores part a channel from what is told about it."""
    entries: list[Feature] = []
    if "quantity" in plan.purchase_columns:
        entries.append(
            known_to_some(
                "items_per_order",
                "items",
                "basket",
                "mean quantity of the orders that tell it",
                "buys {value:.1f} items an order",
                f"items in an order: {UNTOLD}",
            )
        )
    if "discount" in plan.purchase_columns:
        entries += [
            known_to_some(
                "discount_mean",
                "shop currency",
                "basket",
                "mean discount of the orders that tell it",
                "gets {value:,.2f} off an order",
                f"discount: {UNTOLD}",
            ),
            known_to_some(
                "discounted_order_share",
                "share",
                "basket",
                "share with a discount above 0 among the orders that tell it",
                "{value:.0%} of orders came with a discount",
                f"discount: {UNTOLD}",
            ),
        ]
    if "is_guest" in plan.purchase_columns:
        entries.append(
            known_to_some(
                "guest_order_share",
                "share",
                "basket",
                "share of guest checkouts among the orders that tell it",
                "checked out as a guest for {value:.0%} of orders",
                f"guest checkout: {UNTOLD}",
            )
        )
    if "category" in plan.purchase_columns:
        entries += [
            count(
                "category_count",
                "categories",
                "basket",
                "different categories bought from",
                "has bought from {value:different categories}",
            ),
            known_to_some(
                "category_top_share",
                "share",
                "basket",
                "share of the commonest category among the orders that tell one",
                "{value:.0%} of orders are from one category",
                f"category: {UNTOLD}",
            ),
        ]
    entries += [
        known_to_some(
            f"{level.slug}__order_share",
            "share",
            "basket",
            f"share of orders through the channel {level.value} among the orders that tell one",
            f"{{value:.0%}} of orders through {literal(level.value)}",
            f"channel: {UNTOLD}",
        )
        for level in plan.purchase_channels
    ]
    return tuple(entries)


def columns(orders: ibis.Table, plan: FeaturePlan) -> ibis.Table:
    """One row per customer, from the orders before `as_of`; refunds tell nothing about a basket."""
    values = {}
    if "quantity" in plan.purchase_columns:
        values["items_per_order"] = money(ticks(orders.quantity).sum()) / orders.quantity.count().nullif(0)
    if "discount" in plan.purchase_columns:
        told = orders.discount.count().nullif(0)
        values["discount_mean"] = money(ticks(orders.discount).sum()) / told
        values["discounted_order_share"] = count_where(orders.discount > 0) / told.cast("float64")
    if "is_guest" in plan.purchase_columns:
        told = orders.is_guest.count().nullif(0).cast("float64")
        values["guest_order_share"] = count_where(orders.is_guest) / told
    for level in plan.purchase_channels:
        told = orders.channel.count().nullif(0).cast("float64")
        values[f"{level.slug}__order_share"] = count_where(orders.channel == level.value) / told
    return orders.group_by("customer_id").aggregate(**values)


def category_columns(orders: ibis.Table) -> ibis.Table:
    """One row per customer who bought from a category that is told."""
    told = orders.filter(orders.category.notnull())
    counts = told.group_by("customer_id", "category").aggregate(orders=told.count())
    return counts.group_by("customer_id").aggregate(
        category_count=counts.count(),
        category_top_share=counts.orders.max() / counts.orders.sum().cast("float64"),
    )
