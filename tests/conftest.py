"""Shops for tests that need more than one part of the tree."""

import gc
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.door.report import DoorReport
from features.shop import Shop

ShopOf = Callable[..., Shop]


@pytest.fixture(scope="session")
def shop_of() -> ShopOf:
    """A shop from admitted Arrow tables, whose days are those of UTC."""

    def make(
        purchases: pa.Table, interactions: pa.Table | None = None, customers: pa.Table | None = None
    ) -> Shop:
        con = ibis.duckdb.connect()

        def put(name: str, table: pa.Table | None, moment: str | None) -> Any:
            if table is None:
                return None
            if moment is not None:
                table = table.append_column("day", pc.cast(table[moment], pa.date32()))
            return con.create_table(name, table)

        return Shop(
            put("purchases", purchases, "ordered_at"),
            put("interactions", interactions, "occurred_at"),
            put("customers", customers, None),
            "UTC",
            DoorReport(()),
        )

    return make


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory) -> Iterator[Any]:
    """A real Spark on this machine, the one that the backend "pyspark://" finds."""
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for name, value in {
        # Nothing runs for long enough for a second compiler or a second collector to pay.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": 1,
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("spark") / "warehouse"),
        # For a few hundred rows, compiling a query takes longer than any way of running it.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # of the sockets to Java
        session.stop()
        gc.collect()
