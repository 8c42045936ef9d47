"""Time lines from the shop's tables, one customer after the other while the engine is still computing."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter

from features.rows import record_batches
from features.shop import Shop
from features.timeline import timeline
from serving.store.timelines import Happening, Timeline

ROWS = 50_000


def timelines(shop: Shop, as_of: date, most: int) -> Iterator[Timeline]:
    """The time line of everybody who did anything before `as_of`; nobody's where `most` is 0."""
    if most == 0:
        return
    rows = (row for batch in record_batches(timeline(shop, as_of, most), ROWS) for row in batch.to_pylist())
    for customer_id, own in groupby(rows, itemgetter("customer_id")):
        happenings: list[Happening] = []
        lately: dict[str, int] = {}
        for row in own:
            if row["part"] == "lately":
                lately[row["kind"]] = row["events"]
            else:
                happenings.append(Happening(row["day"], row["kind"], row["events"], row["amount"]))
        happenings.sort(key=lambda one: (one.day, one.amount is not None, one.kind), reverse=True)
        yield Timeline(customer_id, tuple(happenings), lately)
