"""Quantiles of spend with a heap at zero, against simulated customers whose spend is log-normal."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from models.spread import DOUBT, Moves, Spread, fit_spread, usual_spread

ROWS = 20_000
LEVELS = (0.1, 0.5, 0.9)


@pytest.fixture(scope="module")
def matrix() -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "frequency": random.poisson(3, ROWS),
            "btyd_spend": 1.0,
            "btyd_spend_if_return": random.uniform(1, 8, ROWS),
        }
    )


@pytest.fixture(scope="module")
def p_return() -> np.ndarray:
    return np.random.default_rng(2).uniform(0.02, 0.98, ROWS)


@pytest.fixture(scope="module")
def spend(matrix: pd.DataFrame, p_return: np.ndarray) -> np.ndarray:
    """Zero for those who stay away; else log-normal around the mean, narrower for frequent buyers."""
    random = np.random.default_rng(3)
    width = 0.9 / np.sqrt(1 + matrix["frequency"].to_numpy())
    returned = random.random(ROWS) < p_return
    noise = np.exp(width * random.normal(size=ROWS) - width**2 / 2)
    return returned * matrix["btyd_spend_if_return"].to_numpy() * noise


@pytest.fixture(scope="module")
def spread(matrix: pd.DataFrame, spend: np.ndarray) -> Spread:
    if_return = matrix["btyd_spend_if_return"].to_numpy()
    return fit_spread(matrix, if_return, spend, np.ones(ROWS), Moves(0.0, 0.0))


def quantiles(spread, matrix, p_return):
    expected = p_return * matrix["btyd_spend_if_return"].to_numpy()
    return [spread.quantile(level, matrix, p_return, expected) for level in LEVELS]


def test_a_tenth_of_those_whose_bound_is_above_zero_lie_beyond_it(spread, matrix, p_return, spend):
    low, median, high = quantiles(spread, matrix, p_return)
    assert np.mean(spend[high > 0] > high[high > 0]) == pytest.approx(0.1, abs=0.01)
    # The chances of these customers are true ones, and need not be doubted.
    assert 0.05 < np.mean(spend[low > 0] < low[low > 0]) < 0.1
    assert np.mean(spend[median > 0] > median[median > 0]) == pytest.approx(0.5, abs=0.02)


def test_it_holds_for_rare_and_for_frequent_buyers(spread, matrix, p_return, spend):
    high = quantiles(spread, matrix, p_return)[2]
    for chosen in (matrix["frequency"] <= 1, matrix["frequency"] >= 5):
        judged = chosen.to_numpy() & (high > 0)
        assert np.mean(spend[judged] > high[judged]) == pytest.approx(0.1, abs=0.02)


def test_a_quantile_is_zero_where_staying_away_alone_is_likelier(spread, matrix, p_return):
    low, median, high = quantiles(spread, matrix, p_return)
    assert ((low > 0) == (p_return > expit(logit(0.9) + DOUBT))).all()
    assert ((median > 0) == (p_return > 0.5)).all()
    assert ((high > 0) == (p_return > 0.1)).all()
    assert (low <= median).all()
    assert (median <= high).all()


def test_an_error_of_the_mean_widens_both_tails_and_leaves_the_middle(spread, matrix, p_return):
    wider = Spread(spread.coefficients, spread.residuals, Moves(0.5, 0.0))
    sure = np.full(ROWS, 1 - 1e-9)
    low, median, high = quantiles(spread, matrix, sure)
    wide_low, wide_median, wide_high = quantiles(wider, matrix, sure)
    assert (wide_low < low).all()
    assert (wide_high > high).all()
    assert wide_median == pytest.approx(median, rel=1e-6)


def test_bounds_stand_beyond_a_season_that_nobody_has_seen_yet(spread, matrix, p_return, spend):
    careful = Spread(spread.coefficients, spread.residuals, Moves(0.0, 0.2))
    low, median, high = quantiles(careful, matrix, p_return)
    moved_up, moved_down = spend * np.exp(0.2), spend * np.exp(-0.2)
    assert np.mean(moved_up[high > 0] > high[high > 0]) == pytest.approx(0.09, abs=0.015)
    assert np.mean(moved_down[low > 0] < low[low > 0]) == pytest.approx(0.09, abs=0.025)
    assert median == pytest.approx(quantiles(spread, matrix, p_return)[1])


def test_too_few_returns_take_the_usual_spread(matrix):
    taken = fit_spread(matrix[:40], np.ones(40), np.ones(40), np.ones(40), Moves(0.1, 0.0))
    assert taken == usual_spread(Moves(0.1, 0.0))


def test_json_gives_the_same_spread_back(spread):
    assert Spread.from_json(spread.to_json()) == spread
