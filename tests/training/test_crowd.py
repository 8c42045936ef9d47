"""Who stands for all: drawn by the ids alone, other customers on other dates, and nobody where all fit."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from features.plan import plan_features
from training.examples import gather_examples
from training.past import Past
from training.snapshots import Snapshot

AS_OF = date(2026, 1, 1)


@pytest.fixture(scope="module")
def log():
    """1,000 customers who each bought twice, a week apart, on days spread over a year."""
    days = [
        AS_OF - timedelta(days=8 + number % 350 - 7 * again) for again in (0, 1) for number in range(1000)
    ]
    return pa.table(
        {
            "order_id": [f"o{number}" for number in range(2000)],
            "customer_id": [f"c{number % 1000:04}" for number in range(2000)],
            "ordered_at": pa.array(days, pa.date32()).cast(pa.timestamp("us")),
            "amount": pa.array(np.arange(2000) % 7 + 1.0),
        }
    )


def chosen(past, day, most):
    return set(past.crowd.some(day, most).to_pyarrow()["customer_id"].to_pylist())


def test_about_as_many_as_asked_for_and_all_where_there_are_no_more(shop_of, log):
    past = Past(shop_of(log), 0)
    assert past.crowd.known(AS_OF) == 1000
    assert past.crowd.some(AS_OF, 1000) is None
    assert len(chosen(past, AS_OF, 200)) == pytest.approx(200, abs=40)


def test_the_order_of_rows_draws_nobody_else_and_a_seed_does(shop_of, log):
    shuffled = log.take(np.random.default_rng(1).permutation(len(log)))
    ours = chosen(Past(shop_of(log), 0), AS_OF, 200)
    assert chosen(Past(shop_of(shuffled), 0), AS_OF, 200) == ours
    assert chosen(Past(shop_of(log), 1), AS_OF, 200) != ours


def test_other_dates_show_other_customers(shop_of, log):
    past = Past(shop_of(log), 0)
    seen = [chosen(past, AS_OF - timedelta(days=90 * step), 100) for step in range(3)]
    assert len(set.union(*seen)) == sum(map(len, seen))


def test_features_and_labels_are_those_of_the_chosen(shop_of, log):
    past = Past(shop_of(log), 0)
    day = AS_OF - timedelta(days=60)
    plan = plan_features(past.shop, AS_OF, 30, [])
    some, everybody = past.state(day, plan, 150).features, past.state(day, plan).features
    assert set(some["customer_id"]) == chosen(past, day, 150)
    assert past.labels(day, 30, 150)["customer_id"].tolist() == some["customer_id"].tolist()
    same = everybody[everybody["customer_id"].isin(some["customer_id"])].reset_index(drop=True)
    assert some.equals(same)


def test_quick_models_are_fitted_to_all_and_the_slow_one_to_the_chosen(shop_of, log, monkeypatch):
    monkeypatch.setattr("training.past.ENOUGH", 200)
    past = Past(shop_of(log), 0)
    plan = plan_features(past.shop, AS_OF, 30, [])
    some, everybody = past.state(AS_OF, plan, 200), past.state(AS_OF, plan, 1000)
    assert [some.purchases.bgnbd.report.customers, some.purchases.mbgnbd.report.customers] == [1000, 1000]
    assert some.purchases.bgnbd == everybody.purchases.bgnbd
    assert some.purchases.paretonbd.report.customers == len(some.features) < 300


def test_rows_weigh_what_they_stand_for(shop_of, log, monkeypatch):
    monkeypatch.setattr("training.examples.ENOUGH", 250)
    past = Past(shop_of(log), 0)
    plan = plan_features(past.shop, AS_OF, 30, [])
    days = (AS_OF - timedelta(days=30), AS_OF - timedelta(days=200))
    examples = gather_examples(past, plan, tuple(Snapshot(day, 30, 1.0) for day in days), 1000)
    known = [past.crowd.known(day) for day in days]
    assert examples.rows_in_all == sum(known)
    assert len(examples.returned) < sum(known) / 1.5
    sums = [examples.weight[: len(chosen(past, days[0], 250))].sum(), examples.weight.sum()]
    assert sums[0] / sums[1] == pytest.approx(known[0] / sum(known))
    assert sums[1] == pytest.approx(len(examples.returned))
