"""The admitted tables of a shop as sorted arrays, a part of the customers at a time."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import pairwise
from math import ceil
from typing import Any, NamedTuple

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays.column import Column, Unsorted, from_arrow, of_codes
from features.arrays.groups import ascending
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

    The tables are lazy and on one engine, which sorts the ids and numbers the texts. A table or column of
    `reads` that there is not is read as empty. Customers up to `few` are one part whatever they did: counting
    rows that are filtered takes as long as reading them.
    """
    tables = {name: table for name, table in tables.items() if table is not None and name in reads}
    purchases = tables["purchases"]
    buyers = purchases.filter(purchases.amount >= 0).select(CUSTOMER).distinct().order_by(CUSTOMER)
    ids = buyers.to_pyarrow()[CUSTOMER].combine_chunks()
    events = sum(map(count_rows, tables.values())) if len(ids) > few else 0
    number_of_parts = max(1, round(events / rows))
    with ExitStack() as stack:
        coded = {name: _Coded(table, reads[name], stack) for name, table in tables.items()}
        for some in cut(ids, number_of_parts):
            given = {name: _empty(columns) for name, columns in reads.items()}
            for name, table in coded.items():
                given[name] |= table.of(some)
            yield Part(some, given, number_of_parts == 1)


def part_of(tables: Mapping[str, pa.Table | None], reads: Reads) -> Part:
    """All customers with a row in `purchases` as one part; for tables that are in memory already."""
    purchases = tables["purchases"]
    ids = pc.unique(purchases[CUSTOMER]) if purchases is not None else pa.array([], pa.string())
    ids = ids.take(pc.sort_indices(ids))
    given = {name: _empty(columns) for name, columns in reads.items()}
    for name, table in tables.items():
        if table is not None and name in reads:
            given[name] |= _sorted(table, ids, {}, reads[name])
    return Part(ids, given, True)


def cut(rows: Any, parts: int) -> Iterator[Any]:
    """Arrow's rows in so many parts, one after the other, each as large as the others."""
    for first, last in pairwise(len(rows) * part // max(parts, 1) for part in range(parts + 1)):
        yield rows.slice(first, last - first)


class _Coded:
    """A table on its engine, with a whole number in place of each text that is read."""

    def __init__(self, table: Any, columns: tuple[str, ...], stack: ExitStack) -> None:
        self.columns = tuple(name for name in columns if name in table.columns)
        self.words: dict[str, tuple[str, ...]] = {}
        self._table = table.select(*self.columns)
        for name in self.columns:
            if name != CUSTOMER and table[name].type().is_string():
                self._table = self._with_codes(name, stack)

    def of(self, ids: pa.Array) -> dict[str, Any]:
        """The columns of these customers, who are all whom the engine sorts between the first and the last."""
        if not len(ids):
            return {}
        customer_id = self._table[CUSTOMER]
        some = self._table.filter((customer_id >= ids[0].as_py()) & (customer_id <= ids[-1].as_py()))
        return _sorted(some.to_pyarrow(), ids, self.words, self.columns)

    def _with_codes(self, name: str, stack: ExitStack) -> Any:
        table = self._table
        told = table.filter(table[name].notnull()).select(name).distinct().to_pyarrow()[name].to_pylist()
        words = sorted(told)
        self.words[name] = tuple(words)
        coded = _lent(table, {"word": pa.array(words, pa.string()), "code": _count(len(words))}, stack)
        beside = table.left_join(coded, table[name] == coded.word)
        return beside.select(
            **{column: coded.code if column == name else table[column] for column in table.columns}
        )


def _lent(beside: Any, columns: Mapping[str, pa.Array], stack: ExitStack) -> Any:
    """A table of ours on the engine of another one, for as long as `stack` is open."""
    con = beside.get_backend()
    name = ibis.util.gen_name("tenure")
    lent = con.create_table(name, pa.table(dict(columns)), temp=True)
    stack.callback(con.drop_table, name, force=True)
    return lent


def _count(rows: int) -> pa.Array:
    return pa.array(np.arange(rows, dtype=np.int32))


def _sorted(
    rows: pa.Table, ids: pa.Array, words: Mapping[str, tuple[str, ...]], columns: tuple[str, ...]
) -> dict[str, Any]:
    """The columns of those rows whose customer is among the `ids`, by the customer's place there."""
    numbers = pc.index_in(rows[CUSTOMER], ids)
    if numbers.null_count:
        rows, numbers = rows.filter(pc.is_valid(numbers)), numbers.drop_null()
    customers = numbers.to_numpy().astype(np.int32)
    order = _order(customers, rows["day"] if "day" in rows.column_names else None)
    found: dict[str, Any] = {CUSTOMER: customers.take(order)}
    for name in columns:
        if name != CUSTOMER and name in rows.column_names:
            column = from_arrow(rows[name]) if name not in words else of_codes(rows[name], words[name])
            found[name] = Unsorted(column, order)
    return found


def _order(customers: npt.NDArray[np.int32], days: pa.ChunkedArray | None) -> npt.NDArray[np.int64]:
    """The places of the rows by customer and, where there are days, from the newest to the oldest."""
    keys = customers.astype(np.int64)
    if days is not None and len(customers):
        ages = from_arrow(days).values
        ages = ages.max() - ages
        keys = keys * (int(ages.max()) + 1) + ages
    return ascending(keys)


def _empty(columns: tuple[str, ...]) -> dict[str, Any]:
    nothing: dict[str, Any] = {name: Column(np.int64(0), np.True_, ()) for name in columns}
    nothing[CUSTOMER] = np.zeros(0, np.int32)
    return nothing


def _between(columns: Mapping[str, Any], first: int, last: int) -> dict[str, Any]:
    start, end = np.searchsorted(columns[CUSTOMER], (first, last))

    piece: dict[str, Any] = {CUSTOMER: columns[CUSTOMER][start:end] - np.int32(first)}
    for name, column in columns.items():
        if name != CUSTOMER:
            piece[name] = column.between(start, end) if isinstance(column, Unsorted) else column
    return piece
