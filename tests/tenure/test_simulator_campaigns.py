"""Simulated campaigns: the effect found by a fair comparison is the effect that was put in."""

import numpy as np
import pytest

from features.errors import ConfigurationError
from tenure.simulator import Scenario, SimulatedShop, simulate
from tenure.simulator.campaigns import Campaign, run_campaign

SCENARIO = Scenario(4_000, 9, "bgnbd", interactions_per_year=0)


@pytest.fixture(scope="module")
def shop() -> SimulatedShop:
    return simulate(4_000, 9, "bgnbd", interactions_per_year=0)


def returned_since(campaign: Campaign) -> set[str]:
    future = campaign.future_purchases.to_pandas().query("amount > 0")
    return set(future["customer_id"][future["ordered_at"] < "2026-04-01"])


def test_treated_minus_control_finds_the_effect_that_was_put_in(shop: SimulatedShop) -> None:
    ids = np.array(shop.customers["customer_id"].to_pylist())
    differences, effects = [], []
    for seed in range(20):
        dealt = np.random.default_rng(seed).permutation(ids)
        treated, control = dealt[:2_000], dealt[2_000:]
        campaign = run_campaign(shop, SCENARIO, treated.tolist(), 0.3, seed)
        back = returned_since(campaign)
        differences.append(np.isin(treated, list(back)).mean() - np.isin(control, list(back)).mean())
        effects.append(campaign.return_effect)
    noise = np.std(differences) / np.sqrt(20)
    assert np.mean(effects) == pytest.approx(0.3 * (1 - shop.truth.to_pandas()["returned"].mean()), abs=0.01)
    assert np.mean(differences) == pytest.approx(np.mean(effects), abs=4 * noise)


def test_a_campaign_wins_only_those_who_would_not_have_returned(shop: SimulatedShop) -> None:
    truth = shop.truth.to_pandas()
    loyal = truth["customer_id"][truth["returned"]].tolist()
    lost = truth["customer_id"][~truth["returned"]].tolist()
    assert run_campaign(shop, SCENARIO, loyal, 1.0, 1).future_purchases.equals(shop.future_purchases)
    everybody = run_campaign(shop, SCENARIO, lost, 1.0, 1)
    assert everybody.won_orders == len(lost)
    assert returned_since(everybody) == set(truth["customer_id"])
    assert everybody.return_effect == 1.0
    won = everybody.future_purchases.to_pandas().query("order_id.str.startswith('campaign')")
    assert won["amount"].mean() == pytest.approx(everybody.spend_effect, rel=0.05)
    assert won["ordered_at"].between("2026-01-01", "2026-03-31 23:59:59").all()


def test_a_campaign_without_effect_or_without_contacts_changes_nothing(shop: SimulatedShop) -> None:
    some = shop.customers["customer_id"].to_pylist()[:10]
    for contacted, accept_rate in [(some, 0.0), ([], 0.5)]:
        campaign = run_campaign(shop, SCENARIO, contacted, accept_rate, 1)
        assert campaign.future_purchases.equals(shop.future_purchases)
        assert (campaign.won_orders, campaign.return_effect, campaign.spend_effect) == (0, 0.0, 0.0)


def test_strangers_and_impossible_rates_are_refused(shop: SimulatedShop) -> None:
    with pytest.raises(ConfigurationError, match="1 of 1 contacted customers are not of this shop"):
        run_campaign(shop, SCENARIO, ["nobody"], 0.3, 1)
    with pytest.raises(ConfigurationError, match=r"accept_rate is 1\.5: give a number from 0 to 1"):
        run_campaign(shop, SCENARIO, [], 1.5, 1)
