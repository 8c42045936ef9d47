"""Grades of two models by the same customers: who knows more has the better letter, too few have none."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.plan import plan_features
from tenure.simulator import simulate
from training.graded import grades_of
from training.held_out import view_on
from training.meeting import Meeting
from training.past import Past
from training.peers import persistence

AS_OF = date(2025, 12, 2)
MONTH = 30


@pytest.fixture(scope="module")
def past(shop_of) -> Past:
    shop = simulate(
        500, 4, "bgnbd", as_of=AS_OF + timedelta(days=MONTH), history_days=105, interactions_per_year=0
    )
    return Past(shop_of(shop.purchases.select(["order_id", "customer_id", "ordered_at", "amount"])), 0)


@pytest.fixture(scope="module")
def met(past) -> Meeting:
    """The challenger says what a simple peer says, the champion knows half of what will happen."""
    plan = plan_features(past.shop, AS_OF, MONTH, ())
    labels = past.labels(AS_OF, MONTH)
    returned = np.where(labels["purchase_days"] > 0, 1.0, 0.0)
    simple = persistence(view_on(past, AS_OF, plan, MONTH))
    both = pd.DataFrame(
        {
            "customer_id": labels["customer_id"],
            "returned": returned,
            "spend": labels["spend"].astype(float),
            "p_return_challenger": simple.p_return,
            "clv_challenger": simple.spend,
            "p_return_champion": (simple.p_return + returned) / 2,
            "clv_champion": simple.spend + labels["spend"].astype(float),
        }
    )
    return Meeting("rehearsed", AS_OF, MONTH, plan, both)


def swapped(met: Meeting) -> Meeting:
    names = {
        f"{answer}_{one}": f"{answer}_{other}"
        for answer in ("p_return", "clv")
        for one, other in (("challenger", "champion"), ("champion", "challenger"))
    }
    return Meeting(met.how, met.as_of, met.window_days, met.plan, met.both.rename(columns=names))


def test_who_knows_more_than_the_simple_peers_has_an_a_and_who_says_the_same_has_not(past, met):
    churn, value = grades_of(past, met, ("churn", "value"))
    assert (churn.champion, value.champion) == ("A", "A")
    assert churn.challenger in "BC"
    assert value.challenger in "BC"
    assert churn.has_fallen
    assert value.has_fallen
    assert churn.customers == len(met.both)
    assert f"has fallen: {churn.challenger}, the champion's A, by the same " in churn.sentence()


def test_the_better_challenger_has_not_fallen(past, met):
    pairs = grades_of(past, swapped(met), ("churn", "value"))
    assert [(pair.challenger, pair.has_fallen) for pair in pairs] == [("A", False), ("A", False)]
    assert all("holds: A" in pair.sentence() for pair in pairs)


def test_only_what_is_asked_is_graded_and_nothing_where_one_kind_of_customer_is_too_rare(past, met):
    (only,) = grades_of(past, met, ("value",))
    assert only.subject == "value"
    nobody = Meeting(met.how, met.as_of, met.window_days, met.plan, met.both.assign(returned=0.0))
    assert grades_of(past, nobody, ("churn", "value")) == ()


def test_nothing_is_graded_where_the_peers_have_no_window_to_learn_from(past, met):
    longer = Meeting(met.how, met.as_of, 60, met.plan, met.both)
    assert grades_of(past, longer, ("churn", "value")) == ()
