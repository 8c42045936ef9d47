"""The admitted tables of a shop as sorted arrays, a part of the customers at a time."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays.column import Column, Unsorted
from features.arrays.program import CUSTOMER, Given
from features.rows import count_rows, keep

ROWS_A_PART = 8_000_000
"""Events of all tables in a part, on average; a row takes some 50 bytes, twice that while it is sorted."""

NUMBER = "customer_number"
Reads = Mapping[str, tuple[str, ...]]


class Part(NamedTuple):
    """Customers by number: `ids` has the id of each, and `given` what is known of them, sorted by number."""

    ids: pa.Array
    given: Given

    def pieces(self, customers: int) -> Iterator["Part"]:
        """The same in pieces of so many customers."""
        for first in range(0, len(self.ids), customers):
            last = min(first + customers, len(self.ids))
            yield Part(
                self.ids.slice(first, last - first),
                {name: _between(columns, first, last) for name, columns in self.given.items()},
            )


def parts_of(tables: Mapping[str, Any], reads: Reads, rows: int = ROWS_A_PART) -> Iterator[Part]:
    """The customers who ever bought, ascending by id, in parts of about so many `rows` of all `tables`.

    The tables are lazy and on one engine, which numbers the customers and the texts, so that whole numbers
    leave it alone. A table or column of `reads` that there is not is read as empty.
    """
    tables = {name: table for name, table in tables.items() if table is not None and name in reads}
    purchases = tables["purchases"]
    bought = purchases.filter(purchases.amount >= 0).select(CUSTOMER).distinct().to_pyarrow()[CUSTOMER]
    ids = bought.take(pc.sort_indices(bought)).combine_chunks()
    con = purchases.get_backend()
    numbered = pa.table({"numbered": ids, NUMBER: pa.array(np.arange(len(ids), dtype=np.int32))})
    numbers = con.create_table(ibis.util.gen_name("tenure"), numbered, temp=True)
    number_of_parts = max(1, round(sum(map(count_rows, tables.values())) / rows))
    edges = [len(ids) * part // number_of_parts for part in range(number_of_parts + 1)]
    coded = {name: _Coded(table, reads[name]) for name, table in tables.items()}
    for first, last in zip(edges, edges[1:], strict=False):
        given = {name: _empty(columns) for name, columns in reads.items()}
        for name, table in coded.items():
            given[name] |= table.between(numbers, first, last)
        yield Part(ids.slice(first, last - first), given)


def part_of(tables: Mapping[str, pa.Table | None], reads: Reads) -> Part:
    """All customers with a row in `purchases` as one part; for tables that are in memory already."""
    ids = pc.unique(tables["purchases"][CUSTOMER])
    ids = ids.take(pc.sort_indices(ids))
    given = {name: _empty(columns) for name, columns in reads.items()}
    for name, table in tables.items():
        if table is None or name not in reads:
            continue
        numbers = pc.index_in(table[CUSTOMER], ids)
        table = table.append_column(NUMBER, numbers).filter(pc.is_valid(numbers))
        given[name] |= _sorted(table, {}, reads[name])
    return Part(ids, given)


class _Coded:
    """A table on its engine, with a whole number in place of each text that is read."""

    def __init__(self, table: Any, columns: tuple[str, ...]) -> None:
        self.columns = tuple(name for name in columns if name in table.columns)
        self.words: dict[str, tuple[str, ...]] = {}
        self._table = table.select(*self.columns)
        for name in self.columns:
            if name != CUSTOMER and table[name].type().is_string():
                self._table = self._with_codes(name)

    def between(self, numbers: Any, first: int, last: int) -> dict[str, Any]:
        """The columns of the customers from one number up to the next, who count from 0 again."""
        some = numbers.filter((numbers[NUMBER] >= first) & (numbers[NUMBER] < last))
        joined = self._table.inner_join(some, self._table[CUSTOMER] == some.numbered)
        rows = joined.select(*(name for name in self.columns if name != CUSTOMER), NUMBER).to_pyarrow()
        return _sorted(rows, self.words, self.columns, first)

    def _with_codes(self, name: str) -> Any:
        table = self._table
        words = table.filter(table[name].notnull()).select(name).distinct().to_pyarrow()[name].to_pylist()
        self.words[name] = tuple(sorted(words))
        codes = {"word": self.words[name], "code": range(len(words))}
        coded = pa.table(
            {"word": pa.array(codes["word"], pa.string()), "code": pa.array(codes["code"], pa.int32())}
        )
        known = table.get_backend().create_table(ibis.util.gen_name("tenure"), coded, temp=True)
        beside = table.left_join(known, table[name] == known.word)
        return beside.select(**{column: table[column] for column in table.columns if column != name}, **{name: known.code})


def _sorted(
    rows: pa.Table, words: Mapping[str, tuple[str, ...]], columns: tuple[str, ...], first: int = 0
) -> dict[str, Any]:
    numbers = rows[NUMBER].to_numpy() - np.int32(first)
    # Sorted as one number with its place: a sort of numbers is several times as fast as one of places.
    placed = np.sort((numbers.astype(np.int64) << 32) | np.arange(len(numbers)))
    order = placed & 0xFFFF_FFFF
    found: dict[str, Any] = {CUSTOMER: (placed >> 32).astype(np.int32)}
    for name in columns:
        if name != CUSTOMER and name in rows.column_names:
            found[name] = Unsorted(_whole(rows[name]), order, words.get(name))
    return found


def _whole(cells: pa.ChunkedArray) -> pa.Array:
    whole = cells.combine_chunks()
    return whole.dictionary_encode() if pa.types.is_string(whole.type) else whole


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
