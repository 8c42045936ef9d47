"""Predictions against simulated shops, where the truth is known.

The log is cut to days, as real exports are; truth and posterior know the time of day.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features.build import build_features
from features.door.open import open_shop
from features.plan import plan_features
from models.bgnbd import fit_bgnbd
from models.cells import group_cells
from models.gamma_gamma import fit_gamma_gamma
from tenure.settings import load_settings
from tenure.simulator import Scenario, simulate, simulate_blocks, write_shop
from training.learn import learn
from training.past import Past

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


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Truth and answers of 16,000 customers; the model learns from about as many rows as of 5,000."""
    scenario = Scenario(
        16_000,
        17,
        "bgnbd",
        as_of=AS_OF,
        history_days=540,
        churn_window_days=180,
        clv_horizon_days=180,
        interactions_per_year=0,
    )
    return learned_from_a_log(scenario, tmp_path_factory.mktemp("learned"))


def test_what_tenure_learned_from_a_log_knows_as_much_as_the_posterior(
    learned: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """From the files to the answer. The mean may stray further than with 100,000 customers: it is learned from a
    part of them (see benchmarks/truth.py for the shop of full size)."""
    known, answers = learned
    p_return = 1 - answers["churn_probability"]
    assert p_return.mean() == pytest.approx(known["probability_of_return"].mean(), abs=0.02)
    best = roc_auc_score(known["returned"], known["posterior_probability_of_return"])
    assert roc_auc_score(known["returned"], p_return) == pytest.approx(best, abs=0.01)
    assert answers["clv"].sum() == pytest.approx(known["expected_spend"].sum(), rel=0.06)


def test_one_in_ten_spends_more_than_the_interval_says_and_one_in_ten_less(
    learned: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    known, answers = learned
    spend, low, high = known["spend"], answers["clv_low"], answers["clv_high"]
    assert 0.08 <= (spend > high)[high > 0].mean() <= 0.12
    assert (spend < low)[low > 0].mean() <= 0.12
    # A fifth holds three thousand: the standard error of a tenth is 0.005.
    for fifth in np.array_split(np.argsort(answers["clv"].to_numpy()), 5):
        above, judged = (spend > high).to_numpy()[fifth], (high > 0).to_numpy()[fifth]
        assert judged.sum() > 1_000
        assert 0.08 <= above[judged].mean() <= 0.12


def test_small_shops_are_told_the_truth_on_average(tmp_path: Path) -> None:
    """Three of the shops of `benchmarks.truth --customers 200 --seeds 20`, with a shorter past."""
    errors = []
    for seed in (1, 2, 3):
        scenario = Scenario(
            200, seed, "mixed", as_of=AS_OF, history_days=365, clv_horizon_days=90, interactions_per_year=0
        )
        known, answers = learned_from_a_log(scenario, tmp_path / str(seed))
        errors.append((1 - answers["churn_probability"]).mean() - known["probability_of_return"].mean())
    assert abs(np.mean(errors)) < 0.05


def test_small_shops_know_how_wide_a_year_is(tmp_path: Path) -> None:
    """Two shops of 1,000 with two windows of a year behind them: what they learned from fits too well to judge by."""
    above, judged = 0, 0
    for seed in (1, 4):
        scenario = Scenario(1_000, seed, "mixed", as_of=AS_OF, interactions_per_year=0)
        known, answers = learned_from_a_log(scenario, tmp_path / str(seed))
        high = answers["clv_high"]
        above += int((known["spend"] > high)[high > 0].sum())
        judged += int((high > 0).sum())
    assert judged > 1_200
    assert 0.08 <= above / judged <= 0.12


def learned_from_a_log(scenario: Scenario, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Truth and answers, one row per customer who did not opt out."""
    write_shop(simulate_blocks(scenario), scenario, folder)
    configuration = load_settings(folder / "tenure.toml")
    horizons = configuration.settings.horizons.resolve(scenario.churn_window_days)
    past = Past(open_shop(configuration.settings.data, folder), seed=1)
    plan = plan_features(past.shop, scenario.as_of, scenario.churn_window_days, [])
    model = learn(past, scenario.as_of, plan, horizons, lambda *_: None)
    shop = past.shop
    features = build_features(shop.purchases, shop.interactions, shop.customers, scenario.as_of, plan)
    answers = model.answer(features.to_pyarrow().to_pandas(), scenario.as_of).set_index("customer_id")
    truth = pd.read_parquet(folder / "truth.parquet").set_index("customer_id")
    return truth.loc[answers.index], answers
