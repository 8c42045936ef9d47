"""The tables behind the pictures, worked out by hand, and for forecasts that are perfect or useless."""

import numpy as np
import pytest

from training.curves import captured, deciles, reliability, shares


def test_bins_count_their_customers_and_the_empty_ones_are_left_out():
    churned = np.array([0.0, 1.0, 1.0, 1.0])
    probability = np.array([0.12, 0.18, 0.95, 1.0])
    first, last = reliability(churned, probability)
    assert first == {
        "low": 0.1,
        "high": 0.2,
        "customers": 2,
        "churned": 1,
        "mean_probability": pytest.approx(0.15),
    }
    assert (last["low"], last["high"], last["customers"], last["churned"]) == (0.9, 1.0, 2, 2)


def test_a_perfect_list_finds_every_churner_first_and_equal_predictions_share_evenly():
    churned = np.repeat([1.0, 0.0], [5, 15])
    assert captured(churned, churned)[:7] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1, 1])
    assert captured(churned, np.full(20, 0.3)) == pytest.approx(shares())
    assert captured(churned, -churned)[15] == 0.0


def test_the_order_of_customers_moves_nothing():
    generator = np.random.default_rng(2)
    amount, ranking = generator.gamma(1, 20, 300), generator.integers(0, 9, 300).astype(float)
    mixed = generator.permutation(300)
    assert captured(amount[mixed], ranking[mixed]) == pytest.approx(captured(amount, ranking))


def test_nobody_to_find_is_found_nowhere():
    assert captured(np.zeros(10), np.arange(10.0)).tolist() == [0.0] * len(shares())


def test_deciles_are_means_per_customer_the_most_valuable_last():
    actual, predicted = np.arange(20.0), np.arange(20.0) * 2
    found = deciles(actual, predicted)
    assert [row["decile"] for row in found] == list(range(1, 11))
    assert found[-1] == {"decile": 10, "customers": 2, "predicted": 37.0, "actual": 18.5}
    assert len(deciles(np.ones(3), np.ones(3))) == 3
