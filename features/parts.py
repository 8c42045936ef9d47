"""A shop a part at a time, so that what an engine works out at once stays small however many customers there are."""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from typing import Any

from features.shop import Shop

PART_CUSTOMERS = 250_000
"""The engine takes about a gigabyte for so many, and all rows are looked at once for each part."""
LOW_31_BITS = 0x7FFF_FFFF


def parts(shop: Shop, customers: int, at_most: int = PART_CUSTOMERS) -> Iterator[Shop]:
    """The shop's admitted tables, cut by customer into parts of about `at_most` of its `customers` each.

    All rows of one customer are in one part, and every customer is in one. Each part scans the tables again.
    """
    number = max(1, ceil(customers / at_most))
    for part in range(number):
        cut = (_cut(table, part, number) for table in (shop.purchases, shop.interactions, shop.customers))
        purchases, interactions, people = cut
        yield replace(shop, purchases=purchases, interactions=interactions, customers=people)


def _cut(table: Any, part: int, number: int) -> Any:
    if table is None or number == 1:
        return table
    return table.filter((table.customer_id.hash() & LOW_31_BITS) % number == part)
