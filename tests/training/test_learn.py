"""Learning from small shops: what moves a model, what must not, and pasts that are too short or too odd."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.errors import DataError
from features.plan import plan_features
from models.horizons import Horizons
from tenure.simulator import simulate
from training.learn import learn
from training.past import Past

AS_OF = date(2026, 1, 1)
MONTH = Horizons(churn_window_days=30, clv_horizon_days=30)


def tell(*_: object) -> None:
    """Nobody listens."""


def log_of(*rows: tuple[str, date, float]) -> pa.Table:
    """Purchases by customer, day and amount."""
    return pa.table(
        {
            "order_id": [f"o{number}" for number in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": pa.array([row[1] for row in rows], pa.date32()).cast(pa.timestamp("us")),
            "amount": pa.array([row[2] for row in rows], pa.float64()),
        }
    )


@pytest.fixture(scope="module")
def log() -> pa.Table:
    """The purchases of 400 customers over ten weeks, and the month withheld from them."""
    shop = simulate(400, 4, "bgnbd", as_of=AS_OF, history_days=75, interactions_per_year=0)
    both = pa.concat_tables([shop.purchases, shop.future_purchases])
    return both.select(["order_id", "customer_id", "ordered_at", "amount"])


@pytest.fixture
def answer(shop_of):
    """What a model learned on the shop's own past says of all its customers."""

    def ask(log, horizons=MONTH, customers=None, seed=0):
        past = Past(shop_of(log, None, customers), seed)
        plan = plan_features(past.shop, AS_OF, horizons.churn_window_days, [])
        model = learn(past, AS_OF, plan, horizons, tell)
        return model, model.answer(past.state(AS_OF, plan).features, AS_OF)

    return ask


@pytest.fixture(scope="module")
def answered(shop_of, log):
    past = Past(shop_of(log), 0)
    plan = plan_features(past.shop, AS_OF, 30, [])
    model = learn(past, AS_OF, plan, MONTH, tell)
    return model, model.answer(past.state(AS_OF, plan).features, AS_OF)


def check(answers: pd.DataFrame) -> None:
    assert answers["churn_probability"].between(0, 1, inclusive="neither").all()
    values = answers[["clv", "clv_low", "clv_median", "clv_high", "expected_purchases", "value_at_risk"]]
    assert np.isfinite(values.to_numpy()).all()
    assert (values.to_numpy() >= 0).all()
    assert (answers["clv_low"] <= answers["clv_median"]).all()
    assert (answers["clv_median"] <= answers["clv_high"]).all()
    assert answers["expected_next_purchase_at"].notna().all()
    assert (answers["next_purchase_low_at"] <= answers["expected_next_purchase_at"]).all()
    assert (answers["expected_next_purchase_at"] <= answers["next_purchase_high_at"]).all()


def test_a_small_shop_learns_and_its_answers_are_sound(answered):
    model, answers = answered
    assert model.kind == "learned"
    assert model.why.startswith("Learned from ")
    check(answers)


def test_nothing_on_or_after_as_of_moves_an_answer(answer, answered, log):
    later = pd.Series(log["ordered_at"].to_numpy()) >= pd.Timestamp(AS_OF)
    assert later.any()
    past_only = log.filter(pa.array(~later))
    pd.testing.assert_frame_equal(answer(past_only)[1], answered[1], check_exact=True)


def test_the_order_of_rows_moves_no_digit(answer, answered, log):
    shuffled = log.take(np.random.default_rng(1).permutation(len(log)))
    pd.testing.assert_frame_equal(answer(shuffled)[1], answered[1], check_exact=True)


def test_money_times_a_hundred_gives_value_times_a_hundred(answer, answered, log):
    cents = log.set_column(3, "amount", pa.array(log["amount"].to_numpy() * 100))
    ours, theirs = answer(cents)[1], answered[1]
    assert ours["churn_probability"].to_numpy() == pytest.approx(
        theirs["churn_probability"].to_numpy(), rel=1e-4
    )
    assert ours["clv"].to_numpy() == pytest.approx(theirs["clv"].to_numpy() * 100, rel=1e-3)


def test_customers_who_object_teach_nothing_and_get_no_answer(answer, log):
    ids = sorted(set(log["customer_id"].to_pylist()))
    objectors = pa.table({"customer_id": ids, "opted_out": [number % 5 == 0 for number in range(len(ids))]})
    answers = answer(log, customers=objectors)[1]
    without = log.filter(pa.array([ids.index(one) % 5 != 0 for one in log["customer_id"].to_pylist()]))
    pd.testing.assert_frame_equal(answers, answer(without)[1], check_exact=True)


def test_twelve_customers_get_the_pace_of_the_shop(answer):
    rows = [(f"c{n}", AS_OF - timedelta(days=5 + 7 * n + 30 * k), 10.0) for n in range(12) for k in range(3)]
    model, answers = answer(log_of(*rows))
    assert model.kind == "base_rate"
    assert model.why.startswith("Only 12 customers had bought before 2026-01-01")
    check(answers)
    assert answers["probability_alive"].isna().all()


def test_a_history_without_a_full_window_is_left_to_the_purchase_models(answer, log):
    model, answers = answer(log, Horizons(churn_window_days=100, clv_horizon_days=365))
    assert model.kind == "btyd"
    assert "too few for a full window of 100 days" in model.why
    check(answers)


def test_where_no_clv_horizon_is_over_a_longer_one_is_never_worth_less(answer, log):
    shorter = answer(log, Horizons(churn_window_days=30, clv_horizon_days=180))[1]
    longer = answer(log, Horizons(churn_window_days=30, clv_horizon_days=365))[1]
    assert (longer["clv"] >= shorter["clv"]).all()
    assert (longer["churn_probability"] == shorter["churn_probability"]).all()


def test_everybody_returning_teaches_nothing_and_is_said(answer):
    rows = [(f"c{n}", AS_OF - timedelta(days=1 + 7 * k), 10.0 + n) for n in range(60) for k in range(11)]
    model, answers = answer(log_of(*rows))
    assert model.kind == "btyd"
    assert "learning needs 50 of each" in model.why
    check(answers)


def test_equal_amounts_and_one_enormous_buyer_are_answered(answer, log):
    even = log.set_column(3, "amount", pa.array(np.full(len(log), 7.0)))
    check(answer(even)[1])
    amounts = log["amount"].to_numpy().copy()
    amounts[10] = 1e9
    check(answer(log.set_column(3, "amount", pa.array(amounts)))[1])


def test_a_shop_of_gifts_is_worth_nothing_and_its_customers_still_return(answer, log):
    answers = answer(log.set_column(3, "amount", pa.array(np.zeros(len(log)))))[1]
    check(answers)
    assert answers["clv"].max() < 0.01
    assert answers["churn_probability"].nunique() > 10


def test_before_the_first_purchase_there_is_nothing_to_learn(shop_of, log):
    past = Past(shop_of(log), 0)
    early = date(2020, 1, 1)
    with pytest.raises(DataError, match="nobody had bought anything before 2020-01-01"):
        learn(past, early, plan_features(past.shop, early, 30, []), MONTH, tell)


def test_the_fewer_the_customers_the_wider_the_interval(answer, answered, log):
    few = sorted(set(log["customer_id"].to_pylist()))[:20]
    small = answer(log.filter(pa.array([one in few for one in log["customer_id"].to_pylist()])))[0]
    assert small.spread.moves.error > 2 * answered[0].spread.moves.error


def test_another_seed_is_another_forest_of_nearly_the_same_mind(answer, answered, log):
    other = answer(log, seed=1)[1]
    assert (other["churn_probability"] != answered[1]["churn_probability"]).any()
    assert (other["churn_probability"] - answered[1]["churn_probability"]).abs().max() < 0.1
