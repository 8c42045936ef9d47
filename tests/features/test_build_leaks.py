"""Nothing that happened at or after `as_of`, to other customers, or in another order moves a feature."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.plan import plan_features

AS_OF = date(2026, 1, 1)
CUSTOMERS = ["loyal", "lapsed", "one-time", "refunded", "future-only"]
KINDS = ["session", "support", "survey_csat", "email_sent"]

customers = st.sampled_from(CUSTOMERS)
amounts = st.sampled_from([-10.0, 0.0, 0.1, 0.2, 0.7, 19.99, 1e9])
past_days = st.integers(1, 64 * 800).map(lambda n: n / 64)
days_to_come = st.integers(0, 64 * 800).map(lambda n: -n / 64)
cells = st.fixed_dictionaries(
    {},
    optional={
        "duration_seconds": st.sampled_from([0.1, 0.7, 300.3]),
        "score": st.integers(0, 10),
        "resolved_at": past_days,
    },
)


def purchases_at(days):
    baskets = st.fixed_dictionaries({}, optional={"channel": st.sampled_from(["web", "shop"])})
    return st.lists(st.tuples(customers, days, amounts, baskets), max_size=12)


def interactions_at(days):
    return st.lists(st.tuples(customers, days, st.sampled_from(KINDS), cells), max_size=12)


few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LIFE = [("loyal", 100.0, 10.0, {"channel": "web"}), ("loyal", 3.0, 10.0, {"channel": "shop"})]
SIGHTINGS = [("loyal", 9.0, "session", {"duration_seconds": 30.0, "score": 3})]
HOMES = [("loyal", {"home": "here", "signed_up_at": 120}), ("lapsed", {"home": "there", "signed_up_at": 90})]


def assert_same(features, others):
    pd.testing.assert_frame_equal(features, others, check_exact=True)


@few
@given(purchases_at(past_days), interactions_at(past_days), st.data())
def test_no_event_at_or_after_as_of_moves_a_feature_or_the_plan(
    open_small_shop, features_of, purchases, interactions, data
):
    purchases, interactions = LIFE + purchases, SIGHTINGS + interactions
    shop = open_small_shop(purchases, interactions, HOMES)
    plan, features = plan_features(shop, AS_OF, 30, ["home"]), features_of(shop, attributes=["home"])
    # Another future: other purchases, other interactions, and cases resolved at another time to come.
    ends = data.draw(st.lists(days_to_come, min_size=len(interactions), max_size=len(interactions)))
    resolved_later = [
        (who, at, kind, {"resolved_at": end, **told})
        for (who, at, kind, told), end in zip(interactions, ends, strict=True)
    ]
    other = open_small_shop(
        purchases + data.draw(purchases_at(days_to_come)),
        resolved_later + data.draw(interactions_at(days_to_come)),
        HOMES,
    )
    assert plan_features(other, AS_OF, 30, ["home"]) == plan
    assert_same(features_of(other, plan=plan), features)


@few
@given(purchases_at(past_days), interactions_at(past_days), st.randoms())
def test_no_order_of_rows_moves_a_feature(open_small_shop, features_of, purchases, interactions, dice):
    purchases, interactions = LIFE + purchases, SIGHTINGS + interactions
    features = features_of(open_small_shop(purchases, interactions, HOMES), attributes=["home"])
    shuffled = [dice.sample(rows, len(rows)) for rows in (purchases, interactions, HOMES)]
    assert_same(features_of(open_small_shop(*shuffled), attributes=["home"]), features)


@few
@given(purchases_at(past_days), interactions_at(past_days), st.data())
def test_no_other_customer_moves_a_feature(open_small_shop, features_of, purchases, interactions, data):
    shop = open_small_shop(LIFE + purchases, SIGHTINGS + interactions, HOMES)
    plan = plan_features(shop, AS_OF, 30, ["home"])
    features = features_of(shop, plan=plan)
    strangers = [("stranger", *rest) for _, *rest in data.draw(purchases_at(past_days))]
    sightings = [("stranger", *rest) for _, *rest in data.draw(interactions_at(past_days))]
    crowded = open_small_shop(
        LIFE + purchases + strangers,
        SIGHTINGS + interactions + sightings,
        [*HOMES, ("stranger", {"home": "here", "signed_up_at": 3})],
    )
    known = features_of(crowded, plan=plan)
    assert_same(known.drop(index="stranger", errors="ignore"), features)


def test_two_threads_add_up_to_what_one_does(open_small_shop, features_of):
    # 0.1 + 0.2 + 0.3 is another float than 0.3 + 0.2 + 0.1: only whole numbers add up alike in any order.
    tenths = [("loyal", 1 + n % 700, 0.1 * (n % 7), {}) for n in range(40_000)]
    forward = features_of(open_small_shop(tenths))
    backward = features_of(open_small_shop(tenths[::-1]))
    assert_same(forward, backward)
    assert forward.loc["loyal", "gross_spend"] == pytest.approx(sum(0.1 * (n % 7) for n in range(40_000)))
