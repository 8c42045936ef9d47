"""Customers who turned out to be one: what was kept under several ids belongs to the one that remains."""

from math import ceil, log2
from typing import Any

import ibis

from features.rows import count_rows, keep


def find_survivors(customers: Any) -> Any:
    """One row per customer who was merged away: `customer_id`, and `survivor`, the end of their chain.

    `customers` has one row per `customer_id`, with `merged_into`. Where a chain goes round in a circle, its
    `survivor` is itself one of those merged away.
    """
    merged = customers.filter(customers.merged_into != customers.customer_id)
    merged = keep(merged.select("customer_id", survivor=merged.merged_into))
    # Each round doubles the steps that every row looks ahead.
    for _ in range(ceil(log2(count_rows(merged) + 1))):
        merged = merged.mutate(customer_id=merged.survivor, merged_away=merged.customer_id)
        merged = follow(merged, merged.select(customer_id=merged.merged_away, survivor=merged.survivor))
        merged = keep(merged.select(customer_id=merged.merged_away, survivor=merged.customer_id))
    return merged


def follow(rows: Any, survivors: Any) -> Any:
    """The same rows; those of a customer who was merged away are under the id of the survivor."""
    ends = survivors.select(merged_away="customer_id", ends_at="survivor")
    found = rows.left_join(ends, [("customer_id", "merged_away")])
    return found.mutate(customer_id=ibis.coalesce(found.ends_at, found.customer_id)).select(rows.columns)
