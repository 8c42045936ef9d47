"""The one place that runs our own code inside Spark's workers: Arrow batches in, Arrow batches out."""

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import ibis
import pyarrow as pa

Work = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def open_spark(url: str) -> Any:
    """The Spark that `url` names. Its workers run this Python, unless PYSPARK_PYTHON names another."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return ibis.connect(url)


def on_spark(table: Any) -> bool:
    """Whether the table is on Spark."""
    return bool(table.get_backend().name == "pyspark")


def map_batches(table: Any, work: Work, schema: pa.Schema) -> Any:
    """The lazy table of `schema` that `work` makes of the rows of `table`, a part at a time, where they are.

    `work` goes to the workers by the name of its module, so Tenure has to be installed there.
    """
    con = table.get_backend()
    name = ibis.util.gen_name("tenure")
    _mapped(table, work, schema).createOrReplaceTempView(name)
    return con.table(name)


def write_batches(table: Any, work: Work, schema: pa.Schema, place: str) -> None:
    """The same as Parquet files in the folder `place`, written by the workers."""
    _mapped(table, work, schema).write.mode("overwrite").parquet(place)


def send(table: Any, content: Any) -> Any:
    """The content, sent once to every worker: `value` of the answer gives it back there."""
    return table.get_backend()._session.sparkContext.broadcast(content)


def _mapped(table: Any, work: Work, schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    con = table.get_backend()
    return con._session.sql(con.compile(table)).mapInArrow(work, from_arrow_schema(schema))
