"""Shops that history was unkind to: each gets an answer with an honest grade, or a sentence; never a crash.

What one of them is trained to say goes on to everything that trusts it: backtest, promotion, monitor.
"""

import re
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.errors import DataError
from models.assignments import AssignmentRules
from models.horizons import Horizons
from tenure.simulator import simulate
from training.backtest import backtest
from training.contest import Contender, contest
from training.health import Patience, examine
from training.papers import read_reference, read_rehearsals
from training.past import Past
from training.train import train

AS_OF = date(2026, 1, 1)
MONTH = Horizons(churn_window_days=30, clv_horizon_days=30)
ATTRIBUTES = ("country", "plan")


def plain() -> pd.DataFrame:
    """The purchases of 160 customers over four months."""
    shop = simulate(160, 5, "bgnbd", as_of=AS_OF, history_days=125, interactions_per_year=0)
    log: pd.DataFrame = shop.purchases.to_pandas()
    return log[["order_id", "customer_id", "ordered_at", "amount"]]


def days_ago(days: int) -> pd.Timestamp:
    return pd.Timestamp(AS_OF) - pd.Timedelta(days=days)


def all_spend_equal() -> pd.DataFrame:
    return plain().assign(amount=7.0)


def one_enormous_buyer() -> pd.DataFrame:
    log = plain()
    loudest = log["customer_id"].value_counts().index[0]
    return log.assign(amount=log["amount"].where(log["customer_id"] != loudest, 1e9))


def a_hole_of_six_months() -> pd.DataFrame:
    log = plain()
    old = log["ordered_at"] < days_ago(60)
    return log.assign(ordered_at=log["ordered_at"].where(~old, log["ordered_at"] - pd.Timedelta(days=183)))


def doubled_last_month() -> pd.DataFrame:
    log = plain()
    new = log[log["ordered_at"] >= days_ago(30)]
    twins = new.assign(order_id="twin " + new["order_id"], customer_id="twin " + new["customer_id"])
    return pd.concat([log, twins], ignore_index=True)


def nobody_came_back() -> pd.DataFrame:
    return plain().drop_duplicates("customer_id")


def everybody_comes_every_week() -> pd.DataFrame:
    rows = [(n, days_ago(1 + n % 7 + 7 * week)) for n in range(150) for week in range(17)]
    return pd.DataFrame(
        {
            "order_id": [f"o{number}" for number in range(len(rows))],
            "customer_id": [f"c{n}" for n, _ in rows],
            "ordered_at": [day for _, day in rows],
            "amount": [10.0 + n % 5 for n, _ in rows],
        }
    )


def all_on_one_day() -> pd.DataFrame:
    return plain().assign(ordered_at=days_ago(20))


def too_young_for_any_past_date() -> pd.DataFrame:
    log = plain()
    return log[log["ordered_at"] >= days_ago(25)]


def everything_sent_back() -> pd.DataFrame:
    log = plain()
    back = log.assign(order_id="back " + log["order_id"], amount=-log["amount"])
    return pd.concat([log, back], ignore_index=True)


SHOPS = (
    plain,
    all_spend_equal,
    one_enormous_buyer,
    a_hole_of_six_months,
    doubled_last_month,
    nobody_came_back,
    everybody_comes_every_week,
    all_on_one_day,
    too_young_for_any_past_date,
    everything_sent_back,
)


@pytest.mark.parametrize("make", SHOPS, ids=[make.__name__ for make in SHOPS])
def test_it_is_answered_graded_tested_compared_and_watched(make, shop_of):
    log = make()
    shop = shop_of(pa.Table.from_pandas(log, preserve_index=False), *_nothing_told_by(log))
    result = train(shop, AS_OF, MONTH, AssignmentRules(), ATTRIBUTES, 0, lambda *_: None)
    past = Past(shop, 0)
    answers = result.model.predict(past.state(AS_OF, result.model.plan).features, AS_OF)
    check_answers(answers)
    check_grade(result.grade)
    assert result.model.why.endswith(".")

    check_backtest(shop)

    contender = Contender("1", result.model, read_rehearsals(result.papers))
    met = contest(past, contender, contender, AS_OF)
    assert met.bouts or met.notes
    assert all(bout.word == "equal" and np.isfinite(bout.challenger) for bout in met.bouts)

    reference = read_reference(result.papers)
    health = examine(past, AS_OF, AS_OF, result.model, "1", reference, [], Patience(7, 90))
    assert all(np.isfinite(drift.distance) for drift in health.drifts)


def check_answers(answers: pd.DataFrame) -> None:
    assert answers["eligible"].all()
    assert answers["churn_probability"].between(0, 1, inclusive="neither").all()
    values = answers[["clv", "clv_low", "clv_median", "clv_high", "expected_purchases", "value_at_risk"]]
    assert np.isfinite(values.to_numpy(dtype=float)).all()
    assert (values >= 0).all(axis=None)
    assert (answers["clv_low"] <= answers["clv_median"]).all()
    assert (answers["clv_median"] <= answers["clv_high"]).all()
    days = answers[["next_purchase_low_at", "expected_next_purchase_at", "next_purchase_high_at"]]
    assert days.notna().all(axis=None)


def check_grade(grade) -> None:
    assert {grade.churn, grade.value} <= {"A", "B", "C", None}
    for letter, sentence in ((grade.churn, grade.churn_sentence), (grade.value, grade.value_sentence)):
        assert sentence.endswith(".")
        assert letter or sentence.startswith("Too little data to grade: ")
        assert not re.search(r"\b(nan|inf|None)\b", sentence)
    assert np.isfinite(list(grade.metrics.values())).all()


def check_backtest(shop) -> None:
    try:
        found = backtest(shop, AS_OF, MONTH, ATTRIBUTES, 0, 1, lambda *_: None)
    except DataError as error:
        assert str(error).endswith(".")
        assert re.search(r"\d", str(error))
        return
    check_grade(found.grade)
    for one in (*found.churn_verdicts, *found.value_verdicts):
        assert np.isfinite([one.ours, one.theirs, one.difference.mean]).all(), one
    for hindsight in found.churn_hindsights:
        for forecast in hindsight.forecasts.values():
            assert ((forecast.p_return > 0) & (forecast.p_return < 1)).all()
            assert np.isfinite(forecast.spend).all()


def _nothing_told_by(log: pd.DataFrame) -> tuple[pa.Table, pa.Table]:
    """Interactions all alike, one per customer; a country that is the same for all, a plan of nobody."""
    ids = pa.array(log["customer_id"].unique(), pa.string())
    first = pa.array([AS_OF - timedelta(days=1)] * len(ids), pa.date32()).cast(pa.timestamp("us"))
    interactions = pa.table(
        {"customer_id": ids, "occurred_at": first, "kind": pa.array(["visit"] * len(ids), pa.string())}
    )
    customers = pa.table(
        {
            "customer_id": ids,
            "country": pa.array(["DE"] * len(ids), pa.string()),
            "plan": pa.nulls(len(ids), pa.string()),
        }
    )
    return interactions, customers
