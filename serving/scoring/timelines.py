"""Time lines from the shop's tables, written as the store keeps them while the engine is still computing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from features.rows import record_batches
from features.shop import Shop
from features.timeline import timeline
from serving.store.timelines import WRITTEN

ROWS = 100_000
CUSTOMERS = 250_000


def timelines(shop: Shop, as_of: date, most: int, customers: int = CUSTOMERS) -> Iterator[pa.Table]:
    """The time lines of everybody who did anything before `as_of`; nobody's where `most` is 0.

    They are sorted by about so many buyers at a time: the engine holds a sorted table whole.
    """
    if most == 0:
        return
    ids = shop.purchases.select("customer_id").distinct().order_by("customer_id").to_pyarrow()["customer_id"]
    edges = [None, *(ids[place].as_py() for place in range(customers, len(ids), customers)), None]
    for first, last in pairwise(edges):
        some = replace(
            shop,
            purchases=_between(shop.purchases, first, last),
            interactions=_between(shop.interactions, first, last),
        )
        yield from _sorted(some, as_of, most)


def _between(table: Any, first: str | None, last: str | None) -> Any:
    """The rows of the customers from one id up to another; None is no end."""
    if table is not None and first is not None:
        table = table.filter(table.customer_id >= first)
    if table is not None and last is not None:
        table = table.filter(table.customer_id < last)
    return table


def _sorted(shop: Shop, as_of: date, most: int) -> Iterator[pa.Table]:
    begun: Any = None
    for batch in record_batches(timeline(shop, as_of, most), ROWS):
        if batch.num_rows == 0:
            continue
        rows = pa.Table.from_batches([batch])
        if begun is not None:
            rows = pa.concat_tables([begun, rows]).combine_chunks()
        starts = _starts(rows["customer_id"])
        # The rows of the last customer may go on in the next batch.
        begun = rows.slice(starts[-1])
        if starts[-1] > 0:
            yield _written(rows.slice(0, starts[-1]), starts[:-1])
    if begun is not None:
        yield _written(begun, np.zeros(1, dtype=np.int64))


def _starts(ids: Any) -> "np.typing.NDArray[np.int64]":
    """Where each customer's rows begin."""
    differs = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy()
    return np.concatenate([[0], np.flatnonzero(differs) + 1])


def _written(rows: pa.Table, starts: "np.typing.NDArray[np.int64]") -> pa.Table:
    """One row for each customer, whose own begin at `starts`."""
    of = np.repeat(np.arange(len(starts)), np.diff(starts, append=rows.num_rows))
    lately = pc.equal(rows["part"], "lately").to_numpy()
    kind, events = _quoted(rows["kind"]), rows["events"].cast(pa.string())
    day = rows["day"].cast(pa.string())
    amount = pc.fill_null(rows["amount"].cast(pa.string()), "null")
    told = pc.binary_join_element_wise('["', day, '",', kind, ",", events, ",", amount, "]", "")
    counted = pc.binary_join_element_wise(kind, events, ":")
    return pa.table(
        [
            rows["customer_id"].take(starts),
            _joined("[", told.filter(pa.array(~lately)), of[~lately], len(starts), "]"),
            _joined("{", counted.filter(pa.array(lately)), of[lately], len(starts), "}"),
        ],
        schema=WRITTEN,
    )


def _quoted(kinds: Any) -> Any:
    """Each kind as JSON writes it."""
    coded = pc.dictionary_encode(kinds).combine_chunks()
    written = pa.array([orjson.dumps(kind).decode() for kind in coded.dictionary.to_pylist()], pa.string())
    return written.take(coded.indices)


def _joined(before: str, cells: Any, of: "np.typing.NDArray[np.int64]", customers: int, after: str) -> Any:
    """The cells of each customer between brackets, with commas; `of` tells whose each cell is."""
    ends = np.cumsum(np.bincount(of, minlength=customers))
    flat = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    lists = pa.ListArray.from_arrays(pa.array(np.concatenate([[0], ends]), pa.int32()), flat)
    return pc.binary_join_element_wise(before, pc.binary_join(lists, ","), after, "")
