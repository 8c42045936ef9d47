"""Features as of many dates: the same on arrays as the engine gives for a query of each date."""

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from features.build import build_features
from features.dated import DatedFeatures
from features.plan import plan_features

PURCHASES = [
    ("loyal", 400, 10, {"channel": "web", "quantity": 2}),
    ("loyal", 40, 10, {"channel": "web", "quantity": 2}),
    ("loyal", 3, 10, {"channel": "shop"}),
    ("one-time", 9, 1, {"channel": "web"}),
    ("future-only", -1, 1, {"channel": "web"}),
]
INTERACTIONS = [("loyal", 9, "support", {"resolved_at": 8}), ("loyal", 8, "session", {"pages": 3})]
CUSTOMERS = [("loyal", {"home": "here", "signed_up_at": 402})]


def sorted_frame(table):
    return table.to_pandas().sort_values("customer_id", ignore_index=True)


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Jakarta"])
def test_every_date_of_one_query_equals_a_query_of_that_date(open_small_shop, as_of, timezone):
    shop = open_small_shop(PURCHASES, INTERACTIONS, CUSTOMERS)
    plan = replace(plan_features(shop, as_of, 30, ["home"]), timezone=timezone)
    dated = DatedFeatures(shop, plan)
    for days in (0, 2, 8, 9, 39, 365, -3):
        then = as_of - timedelta(days=days)
        alone = build_features(shop.purchases, shop.interactions, shop.customers, then, plan)
        pd.testing.assert_frame_equal(
            sorted_frame(dated.of(then)), sorted_frame(alone.to_pyarrow()), rtol=1e-13, atol=0
        )


def test_a_shop_that_is_one_part_is_handed_over_once(open_small_shop, as_of):
    shop = open_small_shop(PURCHASES, INTERACTIONS, CUSTOMERS)
    plan = plan_features(shop, as_of, 30, ["home"])
    dated = DatedFeatures(shop, plan)
    first = dated.of(as_of)
    shop.purchases.get_backend().drop_table("purchases")
    assert dated.of(as_of).equals(first)
