"""Features on arrays against the same query on DuckDB, which reads it as SQL: one expression, two engines."""

from datetime import timedelta
from types import SimpleNamespace

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.arrays.column import Column, Unsorted
from features.arrays.parts import parts_of
from features.arrays.program import Program
from features.arrays.query import FeatureQuery
from features.build import build_features
from features.door.open import DataSettings, open_shop
from features.plan import plan_features
from tenure.simulator import Scenario, simulate_blocks, write_shop

SCENARIO = Scenario(customers=400, seed=3, world="mixed")
TOLERANCE = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    write_shop(simulate_blocks(SCENARIO), SCENARIO, folder)
    files = {name: f"{name}.parquet" for name in ("purchases", "interactions", "customers")}
    return open_shop(DataSettings(**files, attributes=("country",)), folder)


@pytest.fixture(scope="module")
def plan(shop):
    return plan_features(shop, SCENARIO.as_of, 90, ["country"])


@pytest.fixture(scope="module")
def query(plan):
    return FeatureQuery(plan)


def by_engine(shop, as_of, plan):
    built = build_features(shop.purchases, shop.interactions, shop.customers, as_of, plan).to_pyarrow()
    return built.to_pandas().sort_values("customer_id", ignore_index=True)


def on_arrays(query, parts, as_of, customers=10_000, at_once=97):
    return pa.Table.from_batches(query.answer(parts, as_of, customers, at_once), query.schema).to_pandas()


@pytest.mark.parametrize("days_back", [0, 1, 90, 365, 700])
def test_every_feature_equals_that_of_the_engine(shop, plan, query, days_back):
    as_of = SCENARIO.as_of - timedelta(days=days_back)
    features = on_arrays(query, query.parts(shop), as_of)
    assert len(features)
    pd.testing.assert_frame_equal(features, by_engine(shop, as_of, plan), **TOLERANCE)


def test_parts_and_pieces_of_any_size_tell_the_same(shop, query):
    tables = {"purchases": shop.purchases, "interactions": shop.interactions, "customers": shop.customers}
    whole = on_arrays(query, query.parts(shop), SCENARIO.as_of, at_once=10_000)
    for rows, at_once in ((1_000, 10_000), (500, 7), (10**9, 1)):
        parts = list(parts_of(tables, query.reads, rows, few=0))
        assert rows == 10**9 or len(parts) > 3
        assert [part.is_all for part in parts] == [len(parts) == 1] * len(parts)
        features = on_arrays(query, parts, SCENARIO.as_of, at_once=at_once)
        pd.testing.assert_frame_equal(features, whole, check_exact=True)


def test_rows_in_the_order_of_time_tell_the_same(shop, query):
    by_time = SimpleNamespace(
        purchases=shop.purchases.order_by("ordered_at"),
        interactions=shop.interactions.order_by("occurred_at"),
        customers=shop.customers,
    )
    parts = list(query.parts(by_time))
    assert isinstance(parts[0].given["purchases"]["amount"], Unsorted)
    assert not isinstance(next(query.parts(shop)).given["purchases"]["amount"], Unsorted)
    features = on_arrays(query, parts, SCENARIO.as_of)
    whole = on_arrays(query, query.parts(shop), SCENARIO.as_of)
    pd.testing.assert_frame_equal(features, whole, **TOLERANCE)


def test_batches_hold_no_more_customers_than_asked_for(shop, query):
    whole = on_arrays(query, query.parts(shop), SCENARIO.as_of)
    batches = list(query.answer(query.parts(shop), SCENARIO.as_of, customers=30))
    assert 0 < max(batch.num_rows for batch in batches) <= 30
    pd.testing.assert_frame_equal(pa.Table.from_batches(batches).to_pandas(), whole, check_exact=True)


def test_what_lies_in_missing_cells_moves_no_feature(shop, query):
    (part,) = query.parts(shop)
    told = query.of(part, SCENARIO.as_of)
    left = 0
    for columns in part.given.values():
        for name, column in columns.items():
            if isinstance(column, Column) and np.ndim(column.missing) and column.words is None:
                other = np.nan if column.values.dtype == float else 7
                columns[name] = column._replace(values=np.where(column.missing, other, column.values))
                left += column.missing.sum()
    assert left > 1_000
    assert query.of(part, SCENARIO.as_of).equals(told)


def test_nothing_of_ours_is_left_on_the_engine(shop, query):
    def tables():
        con = shop.purchases.get_backend()
        return con.raw_sql("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()

    before = tables()
    pa.Table.from_batches(query.answer(query.parts(shop), SCENARIO.as_of), query.schema)
    assert tables() == before


def test_a_shop_without_a_customer_gives_an_empty_table(shop, query):
    nobody = SimpleNamespace(
        purchases=shop.purchases.filter(ibis.literal(False)), interactions=None, customers=None
    )
    assert len(on_arrays(query, query.parts(nobody), SCENARIO.as_of)) == 0


def test_what_has_no_meaning_on_arrays_is_refused():
    purchases = ibis.table({"customer_id": "string", "amount": "float64"}, name="purchases")
    middle = purchases.group_by("customer_id").aggregate(middle=purchases.amount.median())
    with pytest.raises(NotImplementedError, match="Median"):
        Program(middle)


def test_rows_in_the_order_of_a_text_are_refused():
    purchases = ibis.table({"customer_id": "string", "channel": "string"}, name="purchases")
    order = ibis.window(group_by="customer_id", order_by="channel")
    with pytest.raises(NotImplementedError, match="Texts have no order"):
        Program(purchases.mutate(nth=ibis.row_number().over(order)))
