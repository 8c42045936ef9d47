"""The admitted tables of a shop as sorted arrays, a part of the customers at a time."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays.column import Column, Unsorted, from_arrow
from features.arrays.groups import ascending, ascends
from features.arrays.program import Given
from features.arrays.writer import CUSTOMER
from features.rows import count_rows

ROWS_A_PART = 2_000_000
"""Events of all tables in a part, on average; a row takes some 60 bytes, and two or three parts are held at once."""

FEW = 50_000
Reads = Mapping[str, tuple[str, ...]]


class Part(NamedTuple):
    """Customers by number: `ids` has the id of each, and `given` what is known of them, sorted by number.

    `is_all` says that a shop has no others.
    """

    ids: pa.Array
    given: Given
    is_all: bool

    def pieces(self, customers: int) -> Iterator["Part"]:
        """The same in pieces of at most so many customers."""
        first = 0
        for ids in cut(self.ids, ceil(len(self.ids) / customers)):
            last = first + len(ids)
            yield Part(
                ids,
                {name: _between(columns, first, last) for name, columns in self.given.items()},
                self.is_all and len(ids) == len(self.ids),
            )
            first = last


def parts_of(
    tables: Mapping[str, Any], reads: Reads, rows: int = ROWS_A_PART, few: int = FEW
) -> Iterator[Part]:
    """The customers who ever bought, ascending by id, in parts of about so many `rows` of all `tables`.

    The tables are lazy and on one engine, which sorts the ids. A table or column of
    `reads` that there is not is read as empty. Customers up to `few` are one part whatever they did: counting
    rows that are filtered takes as long as reading them.
    """
    tables = {name: table for name, table in tables.items() if table is not None and name in reads}
    purchases = tables["purchases"]
    buyers = purchases.filter(purchases.amount >= 0).select(CUSTOMER).distinct().order_by(CUSTOMER)
    ids = buyers.to_pyarrow()[CUSTOMER].combine_chunks()
    events = sum(map(count_rows, tables.values())) if len(ids) > few else 0
    number_of_parts = max(1, round(events / rows))
    for some in cut(ids, number_of_parts):
        found = {name: _rows_of(table, reads[name], some) for name, table in tables.items()}
        yield Part(some, _given(found, reads, some), number_of_parts == 1)


def part_of(tables: Mapping[str, pa.Table | None], reads: Reads) -> Part:
    """All customers with a row in `purchases` as one part; for tables that are in memory already."""
    purchases = tables["purchases"]
    ids = pc.unique(purchases[CUSTOMER]) if purchases is not None else pa.array([], pa.string())
    ids = ids.take(pc.sort_indices(ids))
    return Part(ids, _given(tables, reads, ids), True)


def cut(rows: Any, parts: int) -> Iterator[Any]:
    """Arrow's rows in so many parts, one after the other, each as large as the others."""
    for first, last in pairwise(len(rows) * part // max(parts, 1) for part in range(parts + 1)):
        yield rows.slice(first, last - first)


def _rows_of(table: Any, columns: tuple[str, ...], ids: pa.Array) -> pa.Table:
    """The columns of these customers, who are all whom the engine sorts between the first and the last."""
    some = table.select(*(name for name in columns if name in table.columns))
    if not len(ids):
        return some.limit(0).to_pyarrow()
    customer_id = some[CUSTOMER]
    return some.filter((customer_id >= ids[0].as_py()) & (customer_id <= ids[-1].as_py())).to_pyarrow()


def _given(tables: Mapping[str, pa.Table | None], reads: Reads, ids: pa.Array) -> dict[str, dict[str, Any]]:
    given = {name: _empty(columns) for name, columns in reads.items()}
    for name, table in tables.items():
        if table is not None and name in reads:
            given[name] |= _sorted(table, ids, reads[name])
    return given


def _sorted(rows: pa.Table, ids: pa.Array, columns: tuple[str, ...]) -> dict[str, Any]:
    """The columns of those rows whose customer is among the `ids`, by the customer's place there."""
    customers = _places(rows[CUSTOMER], ids)
    if (customers < 0).any():
        known = customers >= 0
        rows, customers = rows.filter(pa.array(known)), customers[known]
    order = _order(customers, rows["day"] if "day" in rows.column_names else None)
    found: dict[str, Any] = {CUSTOMER: customers if order is None else customers.take(order)}
    for name in columns:
        if name != CUSTOMER and name in rows.column_names:
            column = from_arrow(rows[name])
            found[name] = column if order is None else Unsorted(column, order)
    return found


def _places(customers: pa.ChunkedArray, ids: pa.Array) -> npt.NDArray[np.int32]:
    """The place of each customer among the ids, -1 without any; whose rows follow each other is looked for once."""
    if not len(customers):
        return np.zeros(0, np.int32)
    runs = pc.run_end_encode(customers.combine_chunks())
    places = pc.fill_null(pc.index_in(runs.values, ids), -1).to_numpy()
    return np.repeat(places, np.diff(runs.run_ends.to_numpy(), prepend=0))


def _order(customers: npt.NDArray[np.int32], days: pa.ChunkedArray | None) -> npt.NDArray[np.int64] | None:
    """The places of the rows by customer and, where there are days, from the newest to the oldest.

    None where they lie so, as the door keeps them.
    """
    keys = customers.astype(np.int64)
    if days is not None and len(customers):
        ages = from_arrow(days).values
        ages = ages.max() - ages
        keys = keys * (int(ages.max()) + 1) + ages
    return None if ascends(keys) else ascending(keys)


def _empty(columns: tuple[str, ...]) -> dict[str, Any]:
    nothing: dict[str, Any] = {name: Column(np.int64(0), np.True_, ()) for name in columns}
    nothing[CUSTOMER] = np.zeros(0, np.int32)
    return nothing


def _between(columns: Mapping[str, Any], first: int, last: int) -> dict[str, Any]:
    start, end = np.searchsorted(columns[CUSTOMER], (first, last))
    return {
        name: column[start:end] - np.int32(first) if name == CUSTOMER else column.between(start, end)
        for name, column in columns.items()
    }
