"""How served scores did: a window of 400 customers, of whom those with an even number return more often."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.horizons import Horizons
from training.aftermath import Served, look_after
from training.past import Past

AS_OF = date(2026, 1, 1)
IDS = [f"c{number:03}" for number in range(400)]
TRUTH = np.where(np.arange(400) % 2 == 0, 0.8, 0.2)
PROMISED = {"log_loss": 0.5, "roc_auc": 0.8, "ece": 0.03}


@pytest.fixture(scope="module")
def past(shop_of) -> Past:
    """Everybody bought before; those who return do so on the third day."""
    returns = np.random.default_rng(2).random(400) < TRUTH
    days = [AS_OF - timedelta(days=9)] * 400 + [AS_OF + timedelta(days=2)] * int(returns.sum())
    who = IDS + [one for one, back in zip(IDS, returns, strict=True) if back]
    log = pa.table(
        {
            "order_id": [f"o{number}" for number in range(len(who))],
            "customer_id": who,
            "ordered_at": pa.array(days, pa.date32()).cast(pa.timestamp("us")),
            "amount": pa.array(np.full(len(who), 10.0)),
        }
    )
    return Past(shop_of(log), 0)


def served(p_return, promised=PROMISED, ids=IDS) -> Served:
    scores = pd.DataFrame(
        {"customer_id": ids, "churn_probability": 1 - np.asarray(p_return), "clv": p_return}
    )
    horizons = Horizons(churn_window_days=30, clv_horizon_days=30)
    return Served(AS_OF, "7", horizons, scores, promised, is_recomputed=False)


def test_scores_that_were_true_are_told_with_their_figures_and_no_complaint(past):
    after = look_after(past, served(TRUTH))
    assert (after.customers, after.complaints) == (400, ())
    assert after.measured["returned_share"] == pytest.approx(0.5, abs=0.06)
    assert after.measured["expected_share"] == pytest.approx(0.5)
    assert after.measured["roc_auc"] == pytest.approx(0.8, abs=0.05)
    assert after.measured["normalized_gini"] > 0.5


def test_scores_that_rank_at_random_break_the_promise(past):
    shuffled = np.random.default_rng(0).permutation(TRUTH)
    complaints = " ".join(look_after(past, served(shuffled)).complaints)
    assert "the scores of 2026-01-01 had a log_loss of " in complaints
    assert "had a roc_auc of 0.4" in complaints or "had a roc_auc of 0.5" in complaints
    assert "training had promised 0.800" in complaints


def test_scores_that_expect_too_many_are_a_calibration_error(past):
    after = look_after(past, served(np.where(TRUTH > 0.5, 0.95, 0.6), promised={}))
    (complaint,) = after.complaints
    assert "expected 77.5% of the customers to return and " in complaint
    assert "their calibration error is 0." in complaint


def test_of_too_few_customers_nothing_is_told(past):
    assert look_after(past, served(TRUTH[:90], ids=IDS[:90])) is None
