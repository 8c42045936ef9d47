"""Drift by hand: distances that can be checked, and what is allowed before it counts."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from training.drift import SMALLEST, measure_drift, noise, psi
from training.reference import Distribution, Reference, distance


def reference(usual: dict[int, float]) -> Reference:
    """1,000 customers, a tenth of them in each of ten bins of a number from 0 to 10, nobody missing."""
    edges = tuple(float(edge) for edge in range(1, 10))
    spend = Distribution("spend_30d", edges, (0.1,) * 10 + (0.0,), usual, 0.5)
    return Reference(date(2026, 1, 1), 1000, (spend,), {"purchase days": {30: 1.1}})


def test_equal_shares_have_no_distance_and_shares_without_a_common_bin_have_one():
    assert distance(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == 0
    assert distance(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(1)
    # Half of the customers left the first bin for the second.
    assert distance(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(0.5579, abs=1e-4)


def test_psi_by_hand():
    assert psi(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == 0
    expected = (0.6 - 0.5) * np.log(0.6 / 0.5) + (0.4 - 0.5) * np.log(0.4 / 0.5)
    assert psi(np.array([0.5, 0.5]), np.array([0.6, 0.4])) == pytest.approx(expected)


@pytest.mark.parametrize("customers", [200, 2000])
def test_one_sample_in_a_thousand_is_further_from_its_like_than_noise(customers):
    generator = np.random.default_rng(0)
    samples = generator.multinomial(customers, [0.1] * 10, size=(4000, 2)) / customers
    distances = np.array([distance(one, other) for one, other in samples])
    share = np.mean(distances > noise(10, customers, customers))
    assert share < 0.003
    assert np.quantile(distances, 0.99) > 0.7 * noise(10, customers, customers)


def test_the_same_values_have_not_drifted_and_doubled_ones_have():
    values = np.arange(1000) / 100
    (same,) = measure_drift(reference({}), pd.DataFrame({"spend_30d": values}), 30)
    assert (same.distance, same.has_drifted) == (pytest.approx(0, abs=0.05), False)
    (doubled,) = measure_drift(reference({}), pd.DataFrame({"spend_30d": 2 * values}), 30)
    assert doubled.has_drifted
    assert doubled.allowed == max(SMALLEST, noise(10, 1000, 1000))


def test_missing_values_are_a_bin_of_their_own():
    gone = pd.DataFrame({"spend_30d": np.full(1000, np.nan)})
    (drift,) = measure_drift(reference({}), gone, 30)
    assert drift.distance == pytest.approx(1)


def test_what_moved_as_far_in_as_many_days_before_training_is_the_usual_course():
    doubled = pd.DataFrame({"spend_30d": np.arange(1000) / 50})
    (drift,) = measure_drift(reference({30: 0.4, 90: 0.6}), doubled, 25)
    assert (drift.allowed, drift.has_drifted) == (pytest.approx(0.6), False)
    (later,) = measure_drift(reference({30: 0.4, 90: 0.6}), doubled, 180)
    assert later.allowed == pytest.approx(1.5 * 1.2)


def test_a_reference_is_text_and_comes_back_as_it_was():
    known = reference({30: 0.4})
    assert Reference.from_json(known.to_json()) == known
