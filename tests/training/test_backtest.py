"""The backtest of a small shop: which dates, what is compared, and the same numbers again."""

from dataclasses import fields, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.errors import DataError
from models.horizons import Horizons
from tenure.simulator import simulate
from training.backtest import Backtest, backtest, choose_dates
from training.grade import grade_held, judge_past
from training.held_out import hold_out
from training.past import Past
from training.peers import OURS, PEERS
from training.verdicts import VALUE, compare_with_best

AS_OF = date(2026, 1, 1)
HORIZONS = Horizons(churn_window_days=30, clv_horizon_days=365)


def log_of(customers: int) -> pa.Table:
    shop = simulate(customers, 4, "bgnbd", as_of=AS_OF, history_days=125, interactions_per_year=0)
    return shop.purchases.select(["order_id", "customer_id", "ordered_at", "amount"])


@pytest.fixture(scope="module")
def log() -> pa.Table:
    """The purchases of 400 customers over four months."""
    return log_of(400)


def run(shop, most_dates: int = 2, tell=lambda *_: None) -> Backtest:
    return backtest(shop, AS_OF, HORIZONS, (), 0, most_dates, tell)


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int, str]]:
    return []


@pytest.fixture(scope="module")
def found(shop_of, log, told) -> Backtest:
    return run(shop_of(log), tell=lambda *step: told.append(step))


def test_the_dates_that_fit_are_tested_a_window_apart_the_newest_first(found):
    assert [one.as_of for one in found.churn_hindsights] == [date(2025, 12, 2), date(2025, 11, 2)]


def test_older_dates_than_may_be_tested_are_named():
    chosen, notes = choose_dates(date(2025, 8, 4), AS_OF, 30, 2)
    assert chosen == (date(2025, 12, 2), date(2025, 11, 2))
    assert notes == [
        "For windows of 30 days the newest 2 of 3 past dates that fit were tested, to end in good time; --dates 3 "
        "adds 2025-10-03."
    ]


def test_value_is_tested_over_the_churn_window_where_no_horizon_fits_and_says_so(found):
    assert found.value_horizon_days == 30
    assert found.notes[-1] == (
        "No past window of 365 days fits into the history: value is tested over 30 days."
    )


def test_every_peer_is_judged_on_every_date(found):
    for rows in (found.churn, found.value):
        assert rows.groupby("as_of")["forecaster"].apply(list).tolist() == [[OURS, *PEERS]] * 2
        assert rows.groupby("as_of")["customers"].nunique().eq(1).all()
    base_rate = found.churn[found.churn["forecaster"] == "base rate"]
    assert (base_rate["roc_auc"] == 0.5).all()
    fitted = found.churn.loc[found.churn["forecaster"].str.contains("NBD"), "note"]
    assert fitted.str.startswith(("fitted by lifetimes", "fitted by Tenure")).all()


def test_each_metric_has_a_verdict_against_the_peer_that_did_best(found):
    assert [one.metric for one in found.churn_verdicts] == [
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier_score",
        "ece",
        "lift_at_10pct",
    ]
    assert [one.metric for one in found.value_verdicts] == [
        "normalized_gini",
        "spearman",
        "mae",
        "rmse",
        "decile_mape",
        "distance_of_total",
        "top_decile_capture",
    ]
    means = found.churn.groupby("forecaster")["log_loss"].mean()
    log_loss = found.churn_verdicts[2]
    assert log_loss.theirs == pytest.approx(means.drop(OURS).min())
    assert log_loss.difference.mean == pytest.approx(means[OURS] - log_loss.theirs)
    assert log_loss.difference.low <= log_loss.difference.mean <= log_loss.difference.high
    assert f"than the best peer, {log_loss.best_peer}" in log_loss.sentence().replace("equal to", "than")


def test_purchases_are_tracked_through_the_window_against_what_the_log_holds(log, found):
    newest = found.churn_hindsights[0]
    tracked = newest.tracked
    assert tracked["days"].tolist() == list(range(31))
    assert (np.diff(tracked["expected"]) > 0).all()
    orders = log.to_pandas()
    orders["day"] = orders["ordered_at"].dt.normalize()
    start = pd.Timestamp(newest.as_of)
    known = orders[(orders["day"] < start) & (orders["amount"] >= 0)]["customer_id"].unique()
    inside = orders[(orders["day"] >= start) & (orders["amount"] >= 0) & orders["customer_id"].isin(known)]
    for days in (1, 10, 30):
        upto = inside[inside["day"] < start + timedelta(days=days)]
        assert tracked["actual"][days] == len(upto[["customer_id", "day"]].drop_duplicates())
    assert tracked["expected"][30] == pytest.approx(tracked["actual"][30], rel=0.4)


def test_the_grade_is_the_one_that_training_gives(shop_of, log, found):
    assert judge_past(Past(shop_of(log), 0), AS_OF, HORIZONS, [], lambda *_: None).grade == found.grade


def test_progress_is_told_in_steps_that_never_go_back(told):
    done = [step[0] for step in told]
    assert done == sorted(done)
    assert {step[1] for step in told} == {9}
    assert "2025-12-02, returns" in [step[2] for step in told]


def test_the_same_seed_gives_the_same_numbers_to_the_last_digit(shop_of, log, found):
    shuffled = log.take(np.random.default_rng(3).permutation(len(log)))
    again = run(shop_of(shuffled))
    for name in ("churn", "value"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name), check_exact=True)
    for hindsights in ("churn_hindsights", "value_hindsights"):
        for one, other in zip(getattr(again, hindsights), getattr(found, hindsights), strict=True):
            pd.testing.assert_frame_equal(one.tracked, other.tracked, check_exact=True)
    plain = [field.name for field in fields(Backtest) if field.type in ("int", "date", "tuple[str, ...]")]
    for name in (*plain, "churn_verdicts", "value_verdicts", "grade", "notes"):
        assert getattr(again, name) == getattr(found, name), name


def test_too_short_a_history_is_a_sentence_with_the_numbers(shop_of, log):
    with pytest.raises(DataError, match=r"a window of 90 days, another one before it .* span 125 days"):
        backtest(
            shop_of(log),
            AS_OF,
            Horizons(churn_window_days=90, clv_horizon_days=90),
            (),
            0,
            2,
            lambda *_: None,
        )


def test_too_few_customers_are_a_sentence_with_the_numbers(shop_of):
    with pytest.raises(DataError, match=r"No past date can be tested.*a grade needs 100 customers"):
        run(shop_of(log_of(40)))


def test_where_nobody_spent_anything_ranking_spend_has_no_verdict_and_value_no_grade(shop_of, log, found):
    broke = [
        replace(
            one,
            outcomes=one.outcomes.assign(spend=0.0),
            forecasts={OURS: one.forecasts[OURS], "b": one.forecasts[OURS]},
        )
        for one in found.value_hindsights
    ]
    verdicts = compare_with_best(broke, VALUE, 0)
    assert [one.metric for one in verdicts] == ["mae", "rmse"]
    held = hold_out(Past(shop_of(log), 0), AS_OF, 30, [], lambda *_: None)
    gifts = grade_held(held, replace(held, judged=held.judged.assign(spend=0.0)))
    assert gifts.value is None
    assert "spent nothing in the next 30 days" in gifts.value_sentence
    assert gifts.churn == found.grade.churn
