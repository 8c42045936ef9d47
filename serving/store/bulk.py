"""Loading a batch: rows from columns, and indices made once all rows are there, sorted, not row by row."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

ROWS_AT_ONCE = 1_000
"""The cells of so many rows stay in a processor's cache between being made, bound and forgotten."""


def rows_of(columns: Sequence[pa.ChunkedArray]) -> Iterator[tuple[Any, ...]]:
    """The rows of columns of one length, as Python's own values."""
    for first in range(0, len(columns[0]), ROWS_AT_ONCE):
        yield from zip(*(column.slice(first, ROWS_AT_ONCE).to_pylist() for column in columns), strict=True)


@contextlib.contextmanager
def indexed_afterwards(connection: sa.Connection, table: sa.Table) -> Iterator[None]:
    """Do without the table's indices inside, where it is empty; where it is not, that would cost more than it saves.

    Both databases undo it with the transaction.
    """
    if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
        yield
        return
    indices = sorted(table.indexes, key=lambda index: str(index.name))
    for index in indices:
        connection.execute(sa.schema.DropIndex(index, if_exists=True))
    yield
    for index in indices:
        connection.execute(sa.schema.CreateIndex(index))
