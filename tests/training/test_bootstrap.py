"""A difference is called one only where chance does not explain it."""

import numpy as np
import pytest

from training.bootstrap import DatedForecasts, Difference, compare
from training.metrics import log_loss, roc_auc


def _world(seed: int, customers: int = 800) -> DatedForecasts:
    generator = np.random.default_rng(seed)
    chance = generator.uniform(0.05, 0.95, customers)
    happened = (generator.uniform(size=customers) < chance).astype(float)
    blurred = np.clip(chance + generator.normal(0, 0.25, customers), 0.02, 0.98)
    return DatedForecasts(
        np.arange(customers),
        happened,
        {"truth": chance, "same": chance.copy(), "blurred": blurred, "coin": np.full(customers, 0.5)},
    )


def test_the_truth_is_better_than_a_blurred_forecast_and_than_a_coin():
    found = compare([_world(1), _world(2)], "truth", ["blurred", "coin"], roc_auc, seed=0)
    assert found["blurred"].verdict(larger_is_better=True) == "better"
    assert found["coin"].verdict(larger_is_better=True) == "better"
    assert found["coin"].mean == pytest.approx(
        np.mean([roc_auc(w.actual, w.forecasts["truth"]) - 0.5 for w in (_world(1), _world(2))])
    )


def test_a_copy_is_equal_to_the_last_digit():
    found = compare([_world(3)], "truth", ["same"], log_loss, seed=0)["same"]
    assert found == Difference(0.0, 0.0, 0.0)
    assert found.verdict(larger_is_better=False) == "equal"


def test_less_loss_is_better():
    found = compare([_world(4)], "blurred", ["truth"], log_loss, seed=0)["truth"]
    assert found.mean > 0
    assert found.verdict(larger_is_better=False) == "worse"


def test_the_interval_holds_the_true_difference_about_as_often_as_it_says():
    """Two coins of equal worth: the interval leaves zero out in about one world of twenty."""
    outside = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        world = DatedForecasts(
            np.arange(200),
            (generator.uniform(size=200) < 0.5).astype(float),
            {"heads": generator.uniform(size=200), "tails": generator.uniform(size=200)},
        )
        found = compare([world], "heads", ["tails"], roc_auc, seed=seed)["tails"]
        outside += found.verdict(larger_is_better=True) != "equal"
    assert outside <= 8


def test_a_customer_seen_on_two_dates_is_drawn_for_both():
    """Two copies of one date say no more than the date itself: the interval stays as wide."""
    once = compare([_world(5)], "truth", ["blurred"], roc_auc, seed=0)["blurred"]
    twice = compare([_world(5), _world(5)], "truth", ["blurred"], roc_auc, seed=0)["blurred"]
    assert twice == once
