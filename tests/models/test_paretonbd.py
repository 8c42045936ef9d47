import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime

from models.cells import Cells, group_cells
from models.paretonbd import ParetoNbd, _loss, fit_paretonbd


@pytest.fixture(scope="module")
def fitted(cdnow) -> ParetoNbd:
    return fit_paretonbd(group_cells(cdnow), seed=0)


@pytest.fixture
def histories():
    random = np.random.default_rng(3)
    x = random.integers(0, 40, 400).astype(float)
    age = random.uniform(1, 700, 400)
    t_x = np.where(x > 0, age * random.random(400), 0)
    t_x[:40] = np.where(x[:40] > 0, age[:40], 0)  # bought on the last day
    return x, t_x, age


WORLDS = [
    (0.55, 74.0, 0.61, 82.0),
    (0.7, 65.0, 0.02, 350.0),
    (3.0, 20.0, 2.0, 900.0),
    (1.0, 30.0, 1.001, 30.0),
]


def test_cdnow_gives_the_published_parameters(fitted):
    assert_allclose(
        [fitted.r, fitted.alpha, fitted.s, fitted.beta], [0.5533, 10.578, 0.6062, 11.669], rtol=1e-3
    )
    assert fitted.report.log_likelihood == pytest.approx(-9594.98, abs=0.01)
    assert fitted.report.penalty == 0


@pytest.mark.parametrize("world", WORLDS)
def test_the_likelihood_equals_that_of_lifetimes(lifetimes, histories, world):
    theirs = lifetimes.ParetoNBDFitter._conditional_log_likelihood(world, *histories)
    for history, log_likelihood in zip(zip(*histories, strict=True), theirs, strict=True):
        alone = Cells(*(np.array([value]) for value in history), weight=np.ones(1))
        assert -_loss(alone)(np.log(world))[0] == pytest.approx(log_likelihood, rel=1e-9)


@pytest.mark.parametrize("world", WORLDS)
def test_the_slope_of_the_likelihood_is_its_slope(histories, world):
    loss = _loss(Cells(*histories, weight=np.linspace(1, 3, 400)))
    at = np.log(world)
    assert_allclose(loss(at)[1], approx_fprime(at, lambda theta: loss(theta)[0], 1e-6), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("world", WORLDS)
def test_predictions_equal_those_of_lifetimes(lifetimes, histories, world):
    oracle = lifetimes.ParetoNBDFitter()
    oracle.params_ = pd.Series(dict(zip(["r", "alpha", "s", "beta"], world, strict=True)))
    ours = ParetoNbd(*world, report=None)
    x, t_x, age = histories
    assert_allclose(
        ours.probability_alive(*histories), oracle.conditional_probability_alive(*histories), rtol=1e-6
    )
    assert_allclose(
        ours.expected_purchases(90, *histories),
        oracle.conditional_expected_number_of_purchases_up_to_time(90, *histories),
        rtol=1e-6,
    )
    silent = oracle._conditional_log_likelihood(world, x, t_x, age + 90)
    so_far = oracle._conditional_log_likelihood(world, x, t_x, age)
    assert_allclose(
        ours.probability_of_return(90, *histories), -np.expm1(silent - so_far), rtol=1e-6, atol=2e-9
    )


def test_expected_purchases_are_continuous_where_the_formula_divides_zero_by_zero():
    at_one, beside = (
        ParetoNbd(0.5, 30, s, 60, report=None).expected_purchases(90, [3], [80], [100])
        for s in (1.0, 1.0 + 1e-7)
    )
    assert_allclose(at_one, beside, rtol=1e-5)


def test_a_model_survives_json(fitted):
    assert ParetoNbd.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted
