"""Features of a history that comes with a request."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from features.arrays.query import FeatureQuery
from features.build import build_features
from features.plan import plan_features

PURCHASES = [
    ("loyal", 40, 10, {"channel": "web", "quantity": 2, "category": "books"}),
    ("loyal", 3, 10, {"channel": "shop"}),
    ("one-time", 9, 1, {"channel": "web"}),
    ("future-only", -1, 1, {"channel": "web"}),
]
INTERACTIONS = [("loyal", 9, "support", {"resolved_at": 8}), ("loyal", 8, "session", {"pages": 3})]
CUSTOMERS = [("loyal", {"home": "here", "signed_up_at": 120})]


@pytest.fixture(scope="module")
def shop(open_small_shop):
    return open_small_shop(PURCHASES, INTERACTIONS, CUSTOMERS)


@pytest.fixture(scope="module")
def plan(shop, as_of):
    return plan_features(shop, as_of, 30, ["home"])


@pytest.fixture(scope="module")
def given_features(plan, as_of):
    query = FeatureQuery(plan)

    def of(*tables):
        return query.of_tables(
            dict(zip(("purchases", "interactions", "customers"), tables, strict=True)), as_of
        ).to_pandas()

    return of


def test_features_of_given_tables_equal_those_built(given_features, shop, plan, as_of, small_tables):
    built = build_features(shop.purchases, shop.interactions, shop.customers, as_of, plan)
    expected = built.to_pyarrow().to_pandas().sort_values("customer_id", ignore_index=True)
    for _ in range(2):
        features = given_features(*small_tables(PURCHASES, INTERACTIONS, CUSTOMERS))
        features = features.sort_values("customer_id", ignore_index=True)
        pd.testing.assert_frame_equal(features, expected, check_exact=True)


def test_features_of_given_tables_read_what_is_not_given_as_empty(
    given_features, open_small_shop, plan, as_of, small_tables
):
    bare = [("loyal", 3, 10), ("one-time", 9, 1)]
    built = build_features(open_small_shop(bare).purchases, None, None, as_of, plan)
    expected = built.to_pyarrow().to_pandas().sort_values("customer_id", ignore_index=True)
    features = given_features(*small_tables(bare)).sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(features, expected, check_exact=True)


def test_nobody_known_gives_an_empty_table(given_features, small_tables):
    assert len(given_features(*small_tables([("future-only", -1, 1)]))) == 0


def test_requests_at_the_same_time_do_not_mix(given_features, small_tables):
    def frequency_of(times):
        log = [(f"buyer {times}", 1 + day, 10) for day in range(times)]
        (row,) = given_features(*small_tables(log)).itertuples()
        return row.customer_id, row.frequency

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(frequency_of, range(1, 25)))
    assert found == [(f"buyer {times}", times - 1) for times in range(1, 25)]
