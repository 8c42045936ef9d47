import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from models.bgnbd import BgNbd, fit_bgnbd
from models.cells import group_cells
from models.discount import Discount
from models.gamma_gamma import GammaGamma


@pytest.fixture(scope="module")
def fitted(cdnow) -> BgNbd:
    return fit_bgnbd(group_cells(cdnow), seed=0)


@pytest.fixture(scope="module")
def random_histories() -> pd.DataFrame:
    """Ten thousand customers of a BG/NBD world, in whole days."""
    random, customers = np.random.default_rng(2), 10_000
    age = random.integers(1, 700, customers)
    rate, leaving = random.gamma(0.6, 1 / 25.0, customers), random.beta(0.8, 2.5, customers)
    frequency, recency = np.zeros(customers), np.zeros(customers)
    here = np.ones(customers, dtype=bool)
    while here.any():
        ahead = np.floor(recency + random.exponential(1 / rate)) + 1
        here &= ahead <= age
        frequency[here] += 1
        recency[here] = ahead[here]
        here &= random.random(customers) > leaving
    return pd.DataFrame({"frequency": frequency, "recency": recency, "T": age.astype(float)})


def test_cdnow_gives_the_published_parameters(fitted):
    assert_allclose([fitted.r, fitted.alpha, fitted.a, fitted.b], [0.2426, 4.4136, 0.7929, 2.4259], rtol=1e-3)
    assert fitted.report.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert fitted.report.converged
    assert fitted.report.penalty == 0
    assert fitted.report.sentence == "Fitted to 2,357 customers by plain maximum likelihood."


def test_the_seed_of_the_starts_does_not_move_the_answer(cdnow, fitted):
    other = fit_bgnbd(group_cells(cdnow), seed=7)
    assert_allclose(
        [other.r, other.alpha, other.a, other.b], [fitted.r, fitted.alpha, fitted.a, fitted.b], rtol=1e-5
    )


def test_the_unit_of_time_does_not_matter(cdnow, fitted):
    days = cdnow.assign(recency=cdnow["recency"] * 7, T=cdnow["T"] * 7)
    daily = fit_bgnbd(group_cells(days), seed=0)
    assert_allclose(
        [daily.r, daily.alpha, daily.a, daily.b], [fitted.r, 7 * fitted.alpha, fitted.a, fitted.b], rtol=1e-5
    )


def test_parameters_equal_those_of_lifetimes(lifetimes, random_histories):
    ours = fit_bgnbd(group_cells(random_histories), seed=1)
    theirs = lifetimes.BetaGeoFitter().fit(
        *(random_histories[name] for name in ("frequency", "recency", "T"))
    )
    names = ["r", "alpha", "a", "b"]
    # lifetimes stops its search two millionths short of where its own slope is zero
    assert_allclose([getattr(ours, name) for name in names], theirs.params_[names], rtol=5e-6)


def test_clv_equals_that_of_lifetimes(lifetimes, random_histories):
    frequency, recency, age = (random_histories[name] for name in ("frequency", "recency", "T"))
    counts = lifetimes.BetaGeoFitter()
    counts.params_ = pd.Series({"r": 0.6, "alpha": 25.0, "a": 0.8, "b": 2.5})
    counts.predict = counts.conditional_expected_number_of_purchases_up_to_time  # what fitting sets
    spend = lifetimes.GammaGammaFitter()
    spend.params_ = pd.Series({"p": 6.0, "q": 4.0, "v": 15.0})
    money = pd.Series(30.0, index=frequency.index)
    theirs = spend.customer_lifetime_value(
        counts, frequency, recency, age, money, time=12, discount_rate=0.01
    )
    purchases = BgNbd(0.6, 25.0, 0.8, 2.5, report=None).discounted_purchases(
        Discount.by_the_period(30, 12, 0.01), frequency, recency, age
    )
    ours = purchases * GammaGamma(6.0, 4.0, 15.0, None, report=None).expected_spend(frequency, money)
    assert len(theirs) == 10_000
    assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_predictions_equal_those_of_lifetimes(lifetimes):
    random = np.random.default_rng(1)
    compared = 0
    for _ in range(20):
        r, alpha, a, b = np.exp(random.normal(0, 1, 4)) * [0.5, 10, 1, 3]
        oracle = lifetimes.BetaGeoFitter()
        oracle.params_ = pd.Series({"r": r, "alpha": alpha, "a": a, "b": b})
        x = random.integers(0, 40, 500).astype(float)
        age = random.uniform(1, 700, 500)
        t_x = np.where(x > 0, age * random.random(500), 0)
        ours = BgNbd(r, alpha, a, b, report=None)
        assert_allclose(
            ours.probability_alive(x, t_x, age), oracle.conditional_probability_alive(x, t_x, age), 1e-9
        )
        with np.errstate(all="ignore"):
            theirs = oracle.conditional_expected_number_of_purchases_up_to_time(90, x, t_x, age)
        # where its two terms nearly cancel, lifetimes has fewer digits than we compare
        sound = np.isfinite(theirs) & (theirs > 1e-3)
        compared += sound.sum()
        assert_allclose(ours.expected_purchases(90, x, t_x, age)[sound], theirs[sound], rtol=1e-6)
    assert compared > 5_000


def test_expected_purchases_are_finite_where_lifetimes_overflows(lifetimes):
    oracle = lifetimes.BetaGeoFitter()
    oracle.params_ = pd.Series({"r": 0.7, "alpha": 20.0, "a": 1.0, "b": 5.0})
    with np.errstate(all="ignore"):
        assert not np.isfinite(oracle.conditional_expected_number_of_purchases_up_to_time(90, 12, 300, 310))
    ours = BgNbd(0.7, 20.0, 1.0, 5.0, report=None).expected_purchases(90, [12], [300], [310])
    beside = BgNbd(0.7, 20.0, 1.0001, 5.0, report=None).expected_purchases(90, [12], [300], [310])
    assert_allclose(ours, beside, rtol=1e-3)


def test_the_longest_silence_does_not_hide_from_probability_alive_but_one_purchase_does(fitted):
    alive = fitted.probability_alive([0, 12, 12], [0, 30, 1], [38, 38, 38])
    assert alive[0] == 1.0
    assert alive[1] > 0.5 > 1e-3 > alive[2] > 0.0


def test_a_model_survives_json(fitted):
    assert BgNbd.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted
