"""The rows of a lazy table: their number, and themselves a batch at a time."""

import contextlib
import weakref
from collections.abc import Iterator
from typing import Any

import duckdb
import ibis
import pyarrow as pa

FOUND = "tenure_found"
KEPT = "tenure_kept"
"""The database of the embedded DuckDB that tables are kept in, where it has one."""


def keep(table: Any) -> Any:
    """The same rows, computed once and kept by the engine, for as long as they are referred to or longer."""
    con = table.get_backend()
    if _has_a_place(con):
        return _keep_in_place(con, table)
    if con.name in ("duckdb", "pyspark"):
        return table.cache()
    # A cached table would be dropped by Ibis at the end, when the connection may be closed already.
    return con.create_table(ibis.util.gen_name("tenure"), table, temp=True)


def keep_by_customer(table: Any) -> Any:
    """The same, customer by customer and of each the newest day first, where an engine keeps rows in an order.

    Whoever reads some of the customers then reads their rows alone. In the order of time, in which shops write
    their logs, rows of a few customers are all over the table.
    """
    if not _has_a_place(table.get_backend()):
        return keep(table)
    newest_first = [ibis.desc("day")] if "day" in table.columns else []
    return keep(table.order_by("customer_id", *newest_first))


def _has_a_place(con: Any) -> bool:
    return con.name == "duckdb" and bool(
        con.raw_sql(f"FROM duckdb_databases() WHERE database_name = '{KEPT}'").fetchall()
    )


def _keep_in_place(con: Any, table: Any) -> Any:
    name = ibis.util.gen_name("tenure")
    kept = con.create_table(name, table, database=(KEPT, "main"))
    # Ibis's own cache would also keep all that a kept table was computed from.
    weakref.finalize(kept.op(), _drop, con.con, name).atexit = False
    return kept


def _drop(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    with contextlib.suppress(duckdb.ConnectionException):  # it may be closed
        # A cursor, because the connection itself may be in the middle of an answer.
        connection.cursor().execute(f"DROP TABLE {KEPT}.main.{name}")


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


def among(table: Any, others: Any, key: str, others_key: str | None = None) -> Any:
    """The rows of `table` whose `key` is found in `others`, in `others_key` or in the column of that name.

    Semi and anti joins would say this, but within larger queries Ibis 12 writes them as only some engines read.
    """
    return _beside(table, others, key, others_key).filter(lambda t: t[FOUND].notnull()).select(table.columns)


def without(table: Any, others: Any, key: str, others_key: str | None = None) -> Any:
    """The rows of `table` whose `key` is not found in `others`."""
    return _beside(table, others, key, others_key).filter(lambda t: t[FOUND].isnull()).select(table.columns)


def _beside(table: Any, others: Any, key: str, others_key: str | None) -> Any:
    found = others.select(**{FOUND: others[others_key or key]}).distinct()
    return table.left_join(found, [(key, FOUND)])
