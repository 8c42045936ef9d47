"""A query over small Arrow tables that is read, bound and planned once, and then asked again and again.

Planning a query takes DuckDB several times as long as answering it for a few rows. A plan outlives a change of its
rows, but not of its names: putting another table under a name makes DuckDB plan again. So each name stands for one
place, and the tables change places.
"""

from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa

# A few small tables joined to one: looking for a better order takes longer than any order; and a short list of
# values is sooner compared than built into a table and joined.
NOT_WORTH_IT = "join_order,in_clause"
SETTINGS = {
    "threads": 1,
    "memory_limit": "1GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class ReadyQuery:
    """A query in DuckDB's SQL over tables of these names and columns; safe to share between threads."""

    def __init__(self, sql: str, given: Mapping[str, pa.Schema]) -> None:
        self._places = {name: _Place(columns) for name, columns in given.items()}
        self._lock = Lock()
        self._con = _database().cursor()
        for name, place in self._places.items():
            self._con.register(name, place)
        self._con.execute(f"PREPARE answer AS {sql}")

    def answer(self, tables: Mapping[str, pa.Table]) -> pa.Table:
        """The rows, in no order. A table that is not given is empty, and so is a column that a table lacks."""
        with self._lock:
            for name, place in self._places.items():
                place.take(tables.get(name))
            try:
                return self._con.sql("EXECUTE answer").to_arrow_table()
            finally:
                for place in self._places.values():
                    place.take(None)


@cache
def _database() -> Any:
    """One for all queries, because each would cost megabytes and threads; what is registered is a connection's own."""
    con = duckdb.connect(":memory:", config=SETTINGS)
    con.execute(f"SET disabled_optimizers = '{NOT_WORTH_IT}'")
    con.execute("SET enable_external_access = false")
    return con


class _Place:
    """What DuckDB reads under a name: the table that lies here when it looks."""

    def __init__(self, columns: pa.Schema) -> None:
        self.schema = columns
        self.take(None)

    def take(self, table: pa.Table | None) -> None:
        """Let the table lie here; None empties the place."""
        self._table = self.schema.empty_table() if table is None else _with_columns(table, self.schema)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


def _with_columns(table: pa.Table, columns: pa.Schema) -> pa.Table:
    """Just these columns of the table; one that it lacks is empty."""
    cells = [
        table[column.name].cast(column.type)
        if column.name in table.column_names
        else pa.nulls(len(table), column.type)
        for column in columns
    ]
    return pa.table(cells, schema=columns)
