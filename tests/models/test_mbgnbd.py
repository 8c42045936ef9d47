import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from models.cells import group_cells
from models.mbgnbd import MbgNbd, fit_mbgnbd


@pytest.fixture(scope="module")
def fitted(cdnow) -> MbgNbd:
    return fit_mbgnbd(group_cells(cdnow), seed=0)


def test_cdnow_gives_the_published_parameters(fitted):
    assert_allclose([fitted.r, fitted.alpha, fitted.a, fitted.b], [0.5248, 6.1831, 0.8914, 1.6140], rtol=1e-3)
    assert fitted.report.log_likelihood == pytest.approx(-9582.14, abs=0.01)
    assert fitted.report.penalty == 0


def test_predictions_equal_those_of_lifetimes(lifetimes):
    random = np.random.default_rng(2)
    compared = 0
    for _ in range(20):
        r, alpha, a, b = np.exp(random.normal(0, 1, 4)) * [0.5, 10, 1, 3]
        oracle = lifetimes.ModifiedBetaGeoFitter()
        oracle.params_ = pd.Series({"r": r, "alpha": alpha, "a": a, "b": b})
        x = random.integers(0, 40, 500).astype(float)
        age = random.uniform(1, 700, 500)
        t_x = np.where(x > 0, age * random.random(500), 0)
        ours = MbgNbd(r, alpha, a, b, report=None)
        assert_allclose(
            ours.probability_alive(x, t_x, age), oracle.conditional_probability_alive(x, t_x, age), 1e-9
        )
        with np.errstate(all="ignore"):
            theirs = oracle.conditional_expected_number_of_purchases_up_to_time(90, x, t_x, age)
        sound = np.isfinite(theirs) & (theirs > 1e-3)
        compared += sound.sum()
        assert_allclose(ours.expected_purchases(90, x, t_x, age)[sound], theirs[sound], rtol=1e-6)
    assert compared > 5_000


def test_a_one_time_buyer_may_have_left(fitted):
    early, late = fitted.probability_alive([0, 0], [0, 0], [4, 38])
    assert 1 > early > late > 0


def test_a_model_survives_json(fitted):
    assert MbgNbd.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted
