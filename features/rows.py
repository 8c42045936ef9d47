"""The rows of a lazy table: their number, and themselves a batch at a time."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa


def count_rows(table: Any) -> int:
    """How many rows the table has."""
    return int(table.count().to_pyarrow().as_py())


def record_batches(table: Any, rows: int) -> Iterator[pa.RecordBatch]:
    """The table's rows as Arrow record batches of its own types, at most `rows` each."""
    con = table.get_backend()
    if con.name != "duckdb":
        yield from table.to_pyarrow_batches(chunk_size=rows)
        return
    # Ibis 12 asks DuckDB 2 for a method that it no longer has.
    schema = table.schema().to_pyarrow()
    for batch in con.con.sql(con.compile(table)).to_arrow_reader(rows):
        yield batch.cast(schema)
