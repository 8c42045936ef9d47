"""A shop cut into parts by customer."""

import pandas as pd
import pytest

from features.build import build_features
from features.door.report import DoorReport
from features.parts import parts
from features.plan import plan_features
from features.shop import Shop


@pytest.fixture(scope="module")
def shop(open_small_shop):
    ids = [f"customer {n}" for n in range(40)]
    small = open_small_shop(
        [(i, days + 1, 10.0) for days, i in enumerate(ids * 2)],
        [(i, 5, "session") for i in ids[::2]],
        [(i, {}) for i in ids],
    )
    return Shop(small.purchases, small.interactions, small.customers, "UTC", DoorReport(()))


def test_features_of_the_parts_are_those_of_the_whole(shop, as_of):
    plan = plan_features(shop, as_of, 30, [])

    def features(of):
        table = build_features(of.purchases, of.interactions, of.customers, as_of, plan)
        return table.to_pyarrow().to_pandas()

    cut = [features(part) for part in parts(shop, 40, 10)]
    assert len(cut) == 4
    assert all(len(part) for part in cut)
    together = pd.concat(cut).set_index("customer_id").sort_index()
    pd.testing.assert_frame_equal(together, features(shop).set_index("customer_id").sort_index())


def test_few_customers_are_one_part_and_a_table_that_is_not_there_is_in_none(shop):
    without = Shop(shop.purchases, None, None, "UTC", shop.report)
    (only,) = parts(without, 10, 10)
    assert only == without
    assert [part.interactions for part in parts(without, 11, 10)] == [None, None]
