"""Shops for tests that need more than one part of the tree."""

from collections.abc import Callable
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
