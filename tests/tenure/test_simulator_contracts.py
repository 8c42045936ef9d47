"""Simulated contracts against the theory they are drawn from."""

import numpy as np
import pandas as pd
import pytest

from models.sbg import fit_sbg
from tenure.simulator import PERIOD, SUBSCRIPTION, Scenario, simulate_contracts
from tenure.simulator.contracts import PLANS

SCENARIO = Scenario(20_000, 3, SUBSCRIPTION, churn_window_days=PERIOD, interactions_per_year=6)
AS_OF = pd.Timestamp(SCENARIO.as_of)


@pytest.fixture(scope="module")
def shop():
    return simulate_contracts(SCENARIO)


@pytest.fixture(scope="module")
def truth(shop):
    return shop.truth.to_pandas()


def test_the_same_seed_gives_the_same_shop(shop):
    again = simulate_contracts(SCENARIO)
    assert again.subscriptions.equals(shop.subscriptions)
    assert again.interactions.equals(shop.interactions)
    assert again.truth.equals(shop.truth)


def test_contracts_end_when_a_renewal_is_due(shop):
    contracts = shop.subscriptions.to_pandas().dropna(subset="ended_at")
    lasted = (contracts["ended_at"] - contracts["started_at"]).dt.total_seconds() / 86_400
    assert np.allclose(lasted % PERIOD, 0)
    assert (lasted >= PERIOD).all()


def test_some_ends_to_come_are_announced_and_most_are_not(shop, truth):
    contracts = shop.subscriptions.to_pandas()
    running = contracts[contracts["ended_at"].isna() | (contracts["ended_at"] >= AS_OF)]
    assert set(running["customer_id"]) == set(truth.loc[truth["is_alive"], "customer_id"])
    gone = set(truth.loc[truth["is_alive"] & ~truth["returned"], "customer_id"])
    told = running.dropna(subset="ended_at")
    assert set(told["customer_id"]) <= gone
    assert 0.25 < len(told) / len(gone) < 0.35


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_the_model_finds_the_parameters_of_a_plan(shop, truth, plan):
    """By the first contract of everybody, as far as it had come by `as_of`."""
    contracts = shop.subscriptions.to_pandas().merge(truth[["customer_id", "plan"]], on="customer_id")
    first = contracts[contracts["plan"] == plan.name].drop_duplicates("customer_id")
    ended = first["ended_at"].where(first["ended_at"] < AS_OF)
    periods = np.floor(
        (ended.fillna(AS_OF) - first["started_at"]).dt.total_seconds() / 86_400 / PERIOD + 1e-9
    )
    renewals = np.where(ended.notna(), periods - 1, periods)
    fit = fit_sbg(renewals, ended.notna(), np.ones(len(first)), 0)
    assert fit.alpha == pytest.approx(plan.alpha, rel=0.1)
    assert fit.beta == pytest.approx(plan.beta, rel=0.1)


def test_chances_are_kept(truth):
    asked = truth[truth["is_alive"]]
    for chance in ("probability_of_return", "posterior_probability_of_return"):
        assert asked[chance].mean() == pytest.approx(asked["returned"].mean(), abs=0.01)
        fifths = pd.qcut(asked[chance], 5, duplicates="drop")
        both = asked.groupby(fifths, observed=True)[[chance, "returned"]].mean()
        assert np.abs(both[chance] - both["returned"]).max() < 0.03


def test_nobody_without_a_contract_has_a_chance_to_renew(truth):
    assert truth.loc[~truth["is_alive"], "probability_of_return"].isna().all()


def test_visits_fall_off_in_the_period_before_a_contract_ends(shop):
    contracts = shop.subscriptions.to_pandas()
    ended = contracts[contracts["ended_at"] < AS_OF]
    visits = shop.interactions.to_pandas().merge(ended, on="customer_id")
    before_end = (visits["ended_at"] - visits["occurred_at"]).dt.days
    last, earlier = before_end.between(0, PERIOD - 1).sum(), before_end.between(PERIOD, 2 * PERIOD - 1).sum()
    long_lived = ((ended["ended_at"] - ended["started_at"]).dt.days >= 2 * PERIOD).sum()
    assert last / len(ended) < 0.6 * earlier / long_lived
