"""P(return): how it is blended, that contributions add up to it, and that nobody is certain."""

import numpy as np
import pandas as pd
import pytest

from models.churn import FURTHEST_LOGIT, ReturnModel, fit_returns, rarer_events

ROWS = 400
ALL = np.ones(ROWS, dtype=bool)


def matrix_of(btyd_logit: np.ndarray) -> pd.DataFrame:
    """A matrix with every column that the linear model reads, some missing, for a window of 60 days."""
    random = np.random.default_rng(4)
    rows = len(btyd_logit)
    names = [
        "frequency",
        "recency",
        "T",
        "days_since_last_purchase",
        "spend_60d",
        "spend_365d",
        "amount_mean",
    ]
    names += [f"purchase_days_{w}d" for w in (30, 60, 90, 120, 365)] + ["amount_last", "orders_per_day"]
    names += [f"purchase_rate_ew_{w}d" for w in (30, 90, 360)] + ["purchases_first_30d", "gap_mean_days"]
    names += ["gap_std_days", "silence_to_max_gap", "silence_log_ratio", "silence_gap_share", "regularity"]
    matrix = pd.DataFrame({name: random.gamma(2.0, 5.0, rows) for name in names})
    matrix.loc[::3, ["gap_mean_days", "gap_std_days", "regularity"]] = np.nan
    return matrix.assign(
        btyd_logit=btyd_logit,
        btyd_logit_paretonbd=btyd_logit + 0.1,
        btyd_purchases=np.exp(btyd_logit),
    )


@pytest.fixture(scope="module")
def matrix() -> pd.DataFrame:
    return matrix_of(np.random.default_rng(8).normal(-0.5, 1.5, ROWS))


@pytest.fixture(scope="module")
def model(matrix: pd.DataFrame) -> ReturnModel:
    chance = 1 / (1 + np.exp(-matrix["btyd_logit"].to_numpy()))
    returned = (np.random.default_rng(9).random(ROWS) < chance).astype(float)
    return fit_returns(matrix, returned, np.ones(ROWS), ALL, 0.6, 60, (1, 2))


@pytest.fixture
def history(matrix: pd.DataFrame) -> pd.DataFrame:
    """The purchase models' logit, shared among two columns and the baseline."""
    return pd.DataFrame({"frequency": 0.25, "T": matrix["btyd_logit"] - 1.25, "baseline": 1.0})


def test_contributions_of_trees_lines_and_purchase_models_add_up_to_the_churn_logit(model, matrix, history):
    added = model.contributions(matrix, history)
    assert list(added.columns) == [*matrix.columns, "baseline"]
    assert added.sum(axis=1).to_numpy() == pytest.approx(-model.logit(matrix))
    assert (added.drop(columns="baseline").abs().sum() > 0).sum() > 10


def test_the_baseline_is_the_same_for_everybody(model, matrix, history):
    assert np.ptp(model.contributions(matrix, history)["baseline"]) == pytest.approx(0.0, abs=1e-9)


def test_parts_are_blended_by_their_shares(model, matrix):
    learned = model.learned
    without_trees = ReturnModel(60, type(learned)(learned.ridge, learned.boosters, 0.0, 1.0)).logit(matrix)
    trees_only = ReturnModel(60, type(learned)(learned.ridge, learned.boosters, 1.0, 1.0)).logit(matrix)
    both = 0.6 * trees_only + 0.4 * without_trees
    expected = learned.share * both + (1 - learned.share) * matrix["btyd_logit"].to_numpy()
    assert model.logit(matrix) == pytest.approx(expected)


def test_few_events_leave_the_answer_with_the_purchase_models(matrix):
    returned = np.zeros(ROWS)
    returned[:10] = 1.0
    few = fit_returns(matrix, returned, np.ones(ROWS), ALL, 0.6, 60, (1, 2))
    assert few.learned is not None
    assert few.learned.share == pytest.approx(10 / 160)


@pytest.mark.parametrize("everybody", [0.0, 1.0])
def test_one_class_only_teaches_nothing(matrix, everybody):
    model = fit_returns(matrix, np.full(ROWS, everybody), np.ones(ROWS), ALL, 0.6, 60, (1, 2))
    assert model.learned is None
    assert model.logit(matrix) == pytest.approx(matrix["btyd_logit"].to_numpy())


def test_nobody_is_certain_and_contributions_still_add_up():
    matrix = matrix_of(np.array([-50.0, 0.0, 50.0]))
    model = ReturnModel(60, None)
    assert list(model.logit(matrix)) == [-FURTHEST_LOGIT, 0.0, FURTHEST_LOGIT]
    history = pd.DataFrame({"frequency": matrix["btyd_logit"], "baseline": 0.0})
    assert list(model.contributions(matrix, history).sum(axis=1)) == [FURTHEST_LOGIT, 0.0, -FURTHEST_LOGIT]


def test_events_are_counted_with_their_weights():
    assert rarer_events(np.array([1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.5])) == 0.5
