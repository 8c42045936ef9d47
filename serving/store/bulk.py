"""Loading a batch into an empty table: its indices are made once all rows are there, sorted, not row by row."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa


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
