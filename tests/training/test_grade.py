"""A grade from a held-out past date, and the sentence where there is too little to grade."""

import json
import re
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from models.empc import empc
from models.horizons import Horizons
from tenure.simulator import simulate
from training.grade import judge_past
from training.held_out import HeldOut, hold_out
from training.past import Past

AS_OF = date(2026, 1, 1)
MONTH = Horizons(churn_window_days=30, clv_horizon_days=365)


def tell(*_: object) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def log() -> pa.Table:
    """The purchases of 500 customers over three and a half months."""
    shop = simulate(500, 4, "bgnbd", as_of=AS_OF, history_days=105, interactions_per_year=0)
    return shop.purchases.select(["order_id", "customer_id", "ordered_at", "amount"])


@pytest.fixture(scope="module")
def judged(shop_of, log):
    return judge_past(Past(shop_of(log), 0), AS_OF, MONTH, [], tell)


def test_both_questions_get_a_letter_and_a_sentence_with_numbers(judged):
    grade, rows = judged.grade, judged.judged
    assert grade.churn in "ABC"
    assert grade.value in "ABC"
    listed = len(rows) // 10
    assert grade.churn_sentence.startswith(
        f"Of the {listed} customers it would have put on the list of 2025-12-02, "
    )
    assert (
        "did not come back within 30 days; picking by days since the last purchase finds"
        in grade.churn_sentence
    )
    told = re.search(r"it names the right one ([\d.]+)% of the time, days since", grade.churn_sentence)
    assert float(told[1]) == pytest.approx(100 * grade.metrics["roc_auc"], abs=0.05)
    assert set(grade.to_json()) == {"churn", "churn_sentence", "value", "value_sentence"}


def test_value_is_graded_over_the_churn_window_where_no_horizon_fits_and_says_so(judged):
    sentence = judged.grade.value_sentence
    assert sentence.startswith(
        f"The {len(judged.judged) // 10} customers it would have called the most valuable"
    )
    assert (
        "Judged over 30 days instead of the CLV horizon: two windows of 365 days after 30 days of history"
        in sentence
    )


def test_metrics_are_finite_and_measured_on_the_judged_rows(judged):
    grade, rows = judged.grade, judged.judged
    assert {"roc_auc", "log_loss", "lift_at_10pct", "normalized_gini", "total_bias"} <= set(grade.metrics)
    assert np.isfinite(list(grade.metrics.values())).all()
    assert set(rows["returned"]) == {0.0, 1.0}
    brier = float(((rows["p_return"] - rows["returned"]) ** 2).mean())
    assert grade.metrics["brier_score"] == pytest.approx(brier)


def test_the_evidence_is_plain_json_with_the_numbers_of_the_judged_rows(judged):
    evidence, rows = judged.evidence, judged.judged
    assert json.loads(json.dumps(evidence, allow_nan=False)) == evidence
    assert list(evidence) == [
        "as_of",
        "window_days",
        "customers",
        "reliability",
        "gains",
        "deciles",
        "interval",
        "empc",
        "peers",
    ]
    assert (evidence["as_of"], evidence["window_days"]) == ("2025-12-02", 30)
    for bins in ("reliability", "deciles"):
        assert sum(row["customers"] for row in evidence[bins]) == len(rows) == evidence["customers"]
    assert sum(row["churned"] for row in evidence["reliability"]) == (rows["returned"] == 0).sum()
    assert evidence["gains"][0] == {"share": 0.0, "captured": 0.0, "by_silence": 0.0}
    assert evidence["gains"][-1] == {"share": 1.0, "captured": 1.0, "by_silence": 1.0}
    assert [peer["forecaster"] for peer in evidence["peers"]] == [
        "base rate",
        "days since last purchase",
        "persistence",
        "Tenure",
    ]
    assert evidence["peers"][-1]["roc_auc"] == judged.grade.metrics["roc_auc"]
    assert evidence["peers"][0]["roc_auc"] == 0.5
    churned, p_churn = 1 - rows["returned"].to_numpy(), 1 - rows["p_return"].to_numpy()
    assert evidence["empc"]["profit"] == empc(churned, p_churn).profit >= evidence["empc"]["by_silence"] > 0
    assert 0 < evidence["empc"]["fraction"] <= 1
    assert evidence["interval"]["above_high"] == judged.grade.metrics["share_above_high"]


def test_the_held_out_answer_knows_nothing_of_what_it_is_judged_on(shop_of, log, judged):
    then = AS_OF - timedelta(days=30)
    before = log.filter(pc.less(log["ordered_at"], pa.scalar(then, pa.date32()).cast(pa.timestamp("us"))))
    after = log.filter(
        pc.greater_equal(log["ordered_at"], pa.scalar(then, pa.date32()).cast(pa.timestamp("us")))
    )
    other_future = pa.concat_tables([before, after.slice(0, len(after) // 2)])
    held = hold_out(Past(shop_of(other_future), 0), AS_OF, 30, [], tell)
    assert isinstance(held, HeldOut)
    assert (held.judged["returned"] != judged.judged["returned"]).any()
    assert (held.judged["p_return"].to_numpy() == judged.judged["p_return"].to_numpy()).all()
    assert (held.judged["clv"].to_numpy() == judged.judged["clv"].to_numpy()).all()


def test_too_short_a_history_says_how_long_it_is(shop_of, log):
    said = hold_out(Past(shop_of(log), 0), AS_OF, 60, [], tell)
    assert said == (
        "Too little data to grade: two windows of 60 days after 30 days of history do not fit into the 105 days "
        "since the first purchase."
    )


def test_too_few_customers_are_counted(shop_of, log):
    few = sorted(set(log["customer_id"].to_pylist()))[:40]
    some = log.filter(pc.is_in(log["customer_id"], pa.array(few)))
    judgement = judge_past(Past(shop_of(some), 0), AS_OF, MONTH, [], tell)
    grade = judgement.grade
    assert grade.churn is None
    assert grade.value is None
    assert "customers known on 2025-12-02" in grade.churn_sentence
    assert "a grade needs 100 customers, 25 of each kind" in grade.churn_sentence
    assert judgement.judged.empty
    assert judgement.evidence is None
    assert grade.metrics == {}
