"""Nothing that happened at or after `as_of`, to other customers, or in another order moves a feature."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.arrays.query import FeatureQuery
from features.plan import plan_features

CUSTOMERS = ["loyal", "lapsed", "one-time", "refunded", "future-only"]
KINDS = ["session", "support", "survey_csat", "email_sent"]

customers = st.sampled_from(CUSTOMERS)
past_days = st.integers(1, 64 * 800).map(lambda n: n / 64)
days_to_come = st.integers(0, 64 * 800).map(lambda n: -n / 64)
amounts = st.sampled_from([-10.0, 0.0, 0.1, 0.2, 0.7, 19.99, 1e9])
baskets = st.fixed_dictionaries({}, optional={"channel": st.sampled_from(["web", "shop"])})
carried = st.fixed_dictionaries(
    {},
    optional={
        "duration_seconds": st.sampled_from([0.1, 0.7, 300.3]),
        "score": st.integers(0, 10),
        "resolved_at": past_days,
    },
)
LIFE = [("loyal", 100.0, 10.0, {"channel": "web"}), ("loyal", 3.0, 10.0, {"channel": "shop"})]
CARRIED = {"duration_seconds": 30.0, "score": 3, "resolved_at": 1}
SIGHTINGS = [("loyal", 9.0, kind, CARRIED) for kind in KINDS]
HOMES = [("loyal", {"home": "here", "signed_up_at": 120}), ("lapsed", {"home": "there", "signed_up_at": 90})]

often = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
seldom = settings(often, max_examples=6)


def purchases_at(days, who=customers):
    return st.lists(st.tuples(who, days, amounts, baskets), max_size=12)


def interactions_at(days, who=customers):
    return st.lists(st.tuples(who, days, st.sampled_from(KINDS), carried), max_size=12)


@pytest.fixture(scope="module")
def features_of(small_tables, open_small_shop, as_of):
    """The features of a log by one plan, which knows all that the logs here may carry."""
    plan = plan_features(open_small_shop(LIFE, SIGHTINGS, HOMES), as_of, 30, ["home"])
    query = FeatureQuery(plan)

    def features(*log):
        tables = dict(zip(("purchases", "interactions", "customers"), small_tables(*log), strict=True))
        return query.of_tables(tables, as_of).to_pandas().set_index("customer_id").sort_index()

    return features


def assert_same(features, others):
    pd.testing.assert_frame_equal(features, others, check_exact=True)


@often
@given(purchases_at(past_days), interactions_at(past_days), st.data())
def test_no_event_at_or_after_as_of_moves_a_feature(features_of, purchases, interactions, data):
    purchases, interactions = LIFE + purchases, SIGHTINGS + interactions
    one_future = [data.draw(purchases_at(days_to_come)), data.draw(interactions_at(days_to_come))]
    other_future = [data.draw(purchases_at(days_to_come)), data.draw(interactions_at(days_to_come))]
    assert_same(
        features_of(purchases + one_future[0], resolved(interactions, data) + one_future[1], HOMES),
        features_of(purchases + other_future[0], resolved(interactions, data) + other_future[1], HOMES),
    )


def resolved(interactions, data):
    """The interactions with cases that are open so far resolved at some time to come, or never."""
    ends = st.lists(st.none() | days_to_come, min_size=len(interactions), max_size=len(interactions))
    return [
        (who, at, kind, {"resolved_at": end, **cells})
        for (who, at, kind, cells), end in zip(interactions, data.draw(ends), strict=True)
    ]


@seldom
@given(purchases_at(past_days), interactions_at(past_days), st.data())
def test_no_event_at_or_after_as_of_moves_the_plan(open_small_shop, as_of, purchases, interactions, data):
    shop = open_small_shop(LIFE + purchases, interactions, HOMES)
    other = open_small_shop(
        LIFE + purchases + data.draw(purchases_at(days_to_come)),
        resolved(interactions, data) + data.draw(interactions_at(days_to_come)),
        [*HOMES, ("future-only", {"home": "elsewhere"})][
            : 2 + all(who != "future-only" for who, *_ in purchases)
        ],
    )
    assert plan_features(other, as_of, 30, ["home"]) == plan_features(shop, as_of, 30, ["home"])


@often
@given(purchases_at(past_days), interactions_at(past_days), st.randoms())
def test_no_order_of_rows_moves_a_feature(features_of, purchases, interactions, dice):
    log = [LIFE + purchases, SIGHTINGS + interactions, HOMES]
    assert_same(features_of(*(dice.sample(rows, len(rows)) for rows in log)), features_of(*log))


@often
@given(purchases_at(past_days), interactions_at(past_days), st.data())
def test_no_other_customer_moves_a_feature(features_of, purchases, interactions, data):
    log = [LIFE + purchases, SIGHTINGS + interactions, HOMES]
    stranger = st.just("stranger")
    crowd = [
        data.draw(purchases_at(past_days, stranger)),
        data.draw(interactions_at(past_days, stranger)),
        [("stranger", {"home": "here", "signed_up_at": 3})],
    ]
    features = features_of(*(rows + more for rows, more in zip(log, crowd, strict=True)))
    assert_same(features.drop(index="stranger", errors="ignore"), features_of(*log))


def test_no_order_moves_the_last_digit_of_a_sum(features_of):
    # As floats 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ; amounts are summed as whole numbers.
    purchases = [("loyal", 1 + n % 700, 0.1 * (n % 7), {}) for n in range(20_000)]
    forward, backward = features_of(purchases, [], []), features_of(purchases[::-1], [], [])
    assert_same(forward, backward)
    assert forward.loc["loyal", "gross_spend"] == 5999.7
