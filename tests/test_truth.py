"""Predictions against simulated shops, where the truth is known.

The log is cut to days, as real exports are; truth and posterior know the time of day.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from models.bgnbd import fit_bgnbd
from models.cells import group_cells
from models.gamma_gamma import fit_gamma_gamma
from tenure.simulator import simulate

AS_OF = date(2026, 1, 1)


@pytest.fixture(scope="module")
def bgnbd_customers() -> pd.DataFrame:
    """100,000 customers of the BG/NBD world: their daily summary beside their truth."""
    shop = simulate(100_000, 17, "bgnbd", as_of=AS_OF, interactions_per_year=0, refund_share=0.0)
    orders = shop.purchases.to_pandas()
    daily = orders.groupby(["customer_id", orders["ordered_at"].dt.normalize()])["amount"].sum().reset_index()
    days = daily.groupby("customer_id")["ordered_at"].agg(["count", "min", "max"])
    eve = pd.Timestamp(AS_OF) - pd.Timedelta(days=1)
    summary = pd.DataFrame(
        {
            "frequency": days["count"] - 1.0,
            "recency": (days["max"] - days["min"]).dt.days.astype(float),
            "T": (eve - days["min"]).dt.days.astype(float),
            "purchase_days": days["count"].astype(float),
            "mean_spend_a_day": daily.groupby("customer_id")["amount"].mean(),
        }
    )
    return summary.join(shop.truth.to_pandas().set_index("customer_id"))


def test_bgnbd_on_daily_summaries_knows_who_returns_as_well_as_the_posterior(
    bgnbd_customers: pd.DataFrame,
) -> None:
    known = bgnbd_customers
    model = fit_bgnbd(group_cells(known), seed=1)
    predicted = model.probability_of_return(90, known["frequency"], known["recency"], known["T"])
    assert predicted.mean() == pytest.approx(known["probability_of_return"].mean(), abs=0.01)
    best = roc_auc_score(known["returned"], known["posterior_probability_of_return"])
    assert roc_auc_score(known["returned"], predicted) == pytest.approx(best, abs=0.01)
    np.testing.assert_allclose(
        [model.r / model.alpha, model.a / (model.a + model.b)], [1.2 / 70, 0.8 / 6.8], rtol=0.05
    )


def test_bgnbd_with_gamma_gamma_expects_the_spend_that_is_true(bgnbd_customers: pd.DataFrame) -> None:
    known = bgnbd_customers
    model = fit_bgnbd(group_cells(known), seed=1)
    spend = fit_gamma_gamma(known["purchase_days"], known["mean_spend_a_day"], seed=1)
    clv = model.expected_purchases(
        365, known["frequency"], known["recency"], known["T"]
    ) * spend.expected_spend(known["purchase_days"], known["mean_spend_a_day"])
    assert clv.sum() == pytest.approx(known["expected_spend"].sum(), rel=0.02)
    fifth = pd.qcut(known["posterior_expected_spend"], 5, labels=False)
    by_fifth = (
        pd.DataFrame({"predicted": clv, "true": known["posterior_expected_spend"]}).groupby(fifth).mean()
    )
    np.testing.assert_allclose(by_fifth["predicted"], by_fifth["true"], rtol=0.05, atol=0.5)
