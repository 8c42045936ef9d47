"""Lift: published intervals, cases by hand, and simulated campaigns whose effect is known."""

import numpy as np
import pytest

from benchmarks.campaigns import one_horizon, repeat_campaign, simulate_population
from tenure.simulator import SimulatedShop
from training.lift import (
    Behaviour,
    detectable_difference,
    difference_of_means,
    difference_of_rates,
    measure_lift,
    wilson,
)

SCENARIO = one_horizon(12_000, 1)


def behaviour(returned: int, customers: int, spend: float) -> Behaviour:
    """So many of so many came back and spent that much each."""
    came = np.repeat([1.0, 0.0], [returned, customers - returned])
    return Behaviour(came, came * spend)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
        ((5, 56, 0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_is_that_of_newcombes_table(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Newcombe (1998), table II, method 10."""
    found = difference_of_rates(*counts)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_wilson_by_hand() -> None:
    """81 of 263: 0.2553 to 0.3662 (Newcombe 1998, part one, method 3)."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_welch_by_hand() -> None:
    """Means 2 and 1, variances 1 and 1, three each: 1 +- t(4) x sqrt(2/3), t = 2.776."""
    found = difference_of_means(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]))
    assert (found.value, found.low, found.high) == pytest.approx((1.0, -1.267, 3.267), abs=1e-3)


def test_what_was_earned_is_the_added_spend_less_contacts_and_offers() -> None:
    """300 of 1,000 came back against 200 of 1,000, for 50 each: 5 a customer, 5,000 in all, times a margin of
    a half; 1 for each contact and 2 for each of the 300 who could have taken the offer."""
    lift = measure_lift(behaviour(300, 1_000, 50.0), behaviour(200, 1_000, 50.0), 0.5, 1.0, 2.0)
    assert lift is not None
    assert lift.verdict == "raised"
    assert lift.returns.value == pytest.approx(100)
    assert lift.revenue.value == pytest.approx(5_000)
    assert lift.cost == 1_600
    assert lift.profit is not None
    assert lift.profit.value == pytest.approx(900)
    assert lift.profit.low < 900 < lift.profit.high
    assert lift.sentence == (
        "Contacting brought more customers back. 30.0% of 1,000 contacted came back and 20.0% of 1,000 held "
        "back: +10.0 points, between +6.2 and +13.7."
    )


def test_a_campaign_that_does_harm_is_told_so_and_a_small_one_is_no_verdict() -> None:
    harm = measure_lift(behaviour(100, 1_000, 9.0), behaviour(200, 1_000, 9.0), 1.0, None, None)
    small = measure_lift(behaviour(3, 10, 9.0), behaviour(2, 10, 9.0), 1.0, None, None)
    assert harm is not None
    assert small is not None
    assert (harm.verdict, harm.cost, harm.profit) == ("lowered", None, None)
    assert small.verdict == "cannot tell"
    assert small.sentence.startswith("Cannot tell whether contacting did anything. 30.0% of 10 contacted")
    assert small.sentence.endswith("notice a difference of 54.3 points four times in five.")
    assert measure_lift(behaviour(3, 10, 9.0), behaviour(1, 1, 9.0), 1.0, None, None) is None


def test_the_detectable_difference_is_noticed_four_times_in_five() -> None:
    rng = np.random.default_rng(3)
    difference = detectable_difference(0.3, 800, 400)
    noticed = [
        difference_of_rates(treated, 800, control, 400).low > 0
        for treated, control in zip(
            rng.binomial(800, 0.3 + difference * 2 / 3, 2_000),
            rng.binomial(400, 0.3 - difference / 3, 2_000),
            strict=True,
        )
    ]
    assert np.mean(noticed) == pytest.approx(0.8, abs=0.04)


@pytest.fixture(scope="module")
def population() -> SimulatedShop:
    return simulate_population(SCENARIO)


def test_of_200_campaigns_nine_in_ten_to_99_in_100_intervals_hold_the_true_effect(
    population: SimulatedShop,
) -> None:
    found = repeat_campaign(population, SCENARIO, 500, 0.3, accept_rate=0.3, repetitions=200)
    assert found.return_effect > 0.1
    assert 0.9 <= found.return_coverage() <= 0.99
    assert 0.9 <= found.spend_coverage() <= 0.99


def test_of_200_campaigns_without_an_effect_nine_in_ten_are_told_as_such(population: SimulatedShop) -> None:
    found = repeat_campaign(population, SCENARIO, 500, 0.3, accept_rate=0.0, repetitions=200)
    assert found.return_effect == 0
    assert found.cannot_tell() >= 0.9
    assert 0.9 <= found.return_coverage() <= 0.99
