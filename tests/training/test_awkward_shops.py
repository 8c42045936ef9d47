"""Shops that history was unkind to: each gets an answer with an honest grade, or a sentence; never a crash.

What one of them is trained to say goes on to everything that trusts it: backtest, promotion, monitor.
"""

import re
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.errors import DataError
from models.assignments import AssignmentRules
from models.horizons import Horizons
from tenure.simulator import simulate
from training.backtest import Backtest, backtest
from training.contest import Contender, contest
from training.health import Patience, examine
from training.papers import read_reference, read_rehearsals
from training.past import Past
from training.train import train

AS_OF = date(2026, 1, 1)
MONTH = Horizons(churn_window_days=30, clv_horizon_days=30)


def plain() -> pd.DataFrame:
    """The purchases of 180 customers over three months."""
    shop = simulate(180, 5, "bgnbd", as_of=AS_OF, history_days=100, interactions_per_year=0)
    log: pd.DataFrame = shop.purchases.to_pandas()
    return log[["order_id", "customer_id", "ordered_at", "amount"]]


def days_ago(days: int) -> pd.Timestamp:
    return pd.Timestamp(AS_OF) - pd.Timedelta(days=days)


def all_spend_equal_around_a_hole_of_six_months() -> pd.DataFrame:
    """And nothing told by any attribute."""
    log = plain().assign(amount=7.0)
    old = log["ordered_at"] < days_ago(60)
    return log.assign(ordered_at=log["ordered_at"].where(~old, log["ordered_at"] - pd.Timedelta(days=183)))


def doubled_last_month_with_one_enormous_buyer() -> pd.DataFrame:
    log = plain()
    loudest = log["customer_id"].value_counts().index[0]
    log["amount"] = log["amount"].where(log["customer_id"] != loudest, 1e9)
    new = log[log["ordered_at"] >= days_ago(30)]
    twins = new.assign(order_id="twin " + new["order_id"], customer_id="twin " + new["customer_id"])
    return pd.concat([log, twins], ignore_index=True)


def nobody_came_back() -> pd.DataFrame:
    return plain().drop_duplicates("customer_id")


def everybody_comes_every_week() -> pd.DataFrame:
    rows = [(n, days_ago(1 + n % 7 + 7 * week)) for n in range(150) for week in range(13)]
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


DATES_FIT = (all_spend_equal_around_a_hole_of_six_months, doubled_last_month_with_one_enormous_buyer)
NO_DATE_FITS = {
    nobody_came_back: "No past date can be tested.*0 came back",
    everybody_comes_every_week: "No past date can be tested.*0 did not",
    all_on_one_day: "a window of 30 days, another one before it",
    too_young_for_any_past_date: "a window of 30 days, another one before it",
}


@pytest.mark.parametrize("make", [*DATES_FIT, *NO_DATE_FITS], ids=lambda make: make.__name__)
def test_it_is_answered_graded_tested_compared_and_watched(make, shop_of):
    log = make()
    customers = _nothing_told_by(log) if make is DATES_FIT[0] else None
    shop = shop_of(pa.Table.from_pandas(log, preserve_index=False), None, customers)
    attributes = () if customers is None else ("country", "plan")
    result = train(shop, AS_OF, MONTH, AssignmentRules(), attributes, 0, lambda *_: None)
    past = Past(shop, 0)
    answers = result.model.predict(past.state(AS_OF, result.model.plan).features, AS_OF)
    check_answers(answers)
    check_grade(result.grade)
    assert result.model.why.endswith(".")

    contender = Contender("1", result.model, read_rehearsals(result.papers))
    met = contest(past, contender, contender, AS_OF)
    assert met.bouts or met.notes
    assert all(bout.word == "equal" and np.isfinite(bout.challenger) for bout in met.bouts)
    # Trained on the same day, it meets itself on the date of its grade.
    assert {pair.subject: pair.challenger for pair in met.grades} == {
        subject: letter
        for subject, letter in (("churn", result.grade.churn), ("value", result.grade.value))
        if letter
    }
    assert not any(pair.has_fallen for pair in met.grades)

    reference = read_reference(result.papers)
    health = examine(past, AS_OF, AS_OF, result.model, "1", reference, [], Patience(7, 90))
    assert all(np.isfinite(drift.distance) for drift in health.drifts)

    if make in NO_DATE_FITS:
        assert result.grade.churn is None
        with pytest.raises(DataError, match=NO_DATE_FITS[make]):
            backtest(shop, AS_OF, MONTH, attributes, 0, 1, lambda *_: None)
    else:
        assert result.grade.churn is not None
        check_backtest(backtest(shop, AS_OF, MONTH, attributes, 0, 1, lambda *_: None))


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


def check_backtest(found: Backtest) -> None:
    check_grade(found.grade)
    for one in (*found.churn_verdicts, *found.value_verdicts):
        assert np.isfinite([one.ours, one.theirs, one.difference.mean]).all(), one
    for hindsight in found.churn_hindsights:
        for forecast in hindsight.forecasts.values():
            assert ((forecast.p_return > 0) & (forecast.p_return < 1)).all()
            assert np.isfinite(forecast.spend).all()


def _nothing_told_by(log: pd.DataFrame) -> pa.Table:
    """A country that is the same for all, a plan of nobody."""
    ids = pa.array(log["customer_id"].unique(), pa.string())
    return pa.table(
        {
            "customer_id": ids,
            "country": pa.array(["DE"] * len(ids), pa.string()),
            "plan": pa.nulls(len(ids), pa.string()),
        }
    )
