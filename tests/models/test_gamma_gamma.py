import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from models.gamma_gamma import WINSORISED_AT, GammaGamma, fit_gamma_gamma, spend_of_all_days


@pytest.fixture(scope="module")
def repeat_buyers(cdnow) -> pd.DataFrame:
    return cdnow[cdnow["frequency"] > 0]


@pytest.fixture(scope="module")
def fitted(repeat_buyers) -> GammaGamma:
    return fit_gamma_gamma(repeat_buyers["frequency"], repeat_buyers["monetary_value"], seed=0)


def test_cdnow_gives_the_published_parameters(fitted):
    assert_allclose([fitted.p, fitted.q, fitted.v], [6.25, 3.744, 15.444], rtol=1e-3)
    assert fitted.report.log_likelihood == pytest.approx(-4055.92, abs=0.01)
    assert fitted.report.customers == 946
    assert fitted.expected_spend([0], [np.nan]) == pytest.approx([35.17], abs=0.01)


def test_expected_spend_equals_that_of_lifetimes(lifetimes, fitted, repeat_buyers):
    oracle = lifetimes.GammaGammaFitter()
    oracle.params_ = pd.Series({"p": fitted.p, "q": fitted.q, "v": fitted.v})
    spends = repeat_buyers["frequency"], repeat_buyers["monetary_value"]
    assert_allclose(
        fitted.expected_spend(*spends), oracle.conditional_expected_average_profit(*spends), rtol=1e-9
    )


def test_the_more_is_known_of_a_customer_the_less_the_shop_counts():
    shop = GammaGamma(p=2.0, q=3.0, v=10.0, constant=None, report=None)
    assert shop.expected_spend([0, 1, 4, 1_000_000], [np.nan, 40, 40, 40]) == pytest.approx(
        [10, 25, 34, 40], rel=1e-4
    )


def test_all_days_include_the_first():
    summary = pd.DataFrame(
        {"frequency": [0, 2], "monetary_value": [np.nan, 40.0], "first_amount": [15.0, 10.0]},
        index=["new", "loyal"],
    )
    expected = pd.DataFrame({"purchase_days": [1.0, 3.0], "mean_spend": [15.0, 30.0]}, index=["new", "loyal"])
    pd.testing.assert_frame_equal(spend_of_all_days(summary), expected)


def test_one_enormous_buyer_moves_nobody_else(repeat_buyers):
    days = [*repeat_buyers["frequency"], 3]
    plain = fit_gamma_gamma(days, [*repeat_buyers["monetary_value"], 299.0], 0, WINSORISED_AT)
    enormous = fit_gamma_gamma(days, [*repeat_buyers["monetary_value"], 1e9], 0, WINSORISED_AT)
    assert enormous.ceiling == plain.ceiling
    assert enormous.expected_spend([3, 3], [1e9, 20.0]) == pytest.approx(
        plain.expected_spend([3, 3], [299.0, 20.0])
    )


def test_equal_amounts_are_a_constant():
    model = fit_gamma_gamma([1, 3, 5, 2], [20.0, 20.0, 20.0, 20.0], seed=0)
    assert model.expected_spend([0, 2, 9], [np.nan, 20.0, 55.0]).tolist() == [20.0, 20.0, 20.0]
    assert (
        model.report.sentence
        == "All 4 customers who paid spent the same: every purchase day is expected to bring 20.00."
    )


@pytest.mark.parametrize(
    ("days", "spend", "constant"),
    [([3], [12.0], 12.0), ([], [], 0.0), ([1, 2], [0.0, 0.0], 0.0), ([1], [np.nan], 0.0)],
)
def test_hardly_any_customers_are_a_constant(days, spend, constant):
    model = fit_gamma_gamma(days, spend, seed=0)
    assert model.expected_spend([1], [99.0]).tolist() == [constant]
    assert model.report.sentence.startswith("Too few customers paid")


def test_two_customers_are_enough_for_a_finite_answer():
    model = fit_gamma_gamma([1, 1], [5.0, 500.0], seed=0)
    assert 0 < model.expected_spend([0], [np.nan])[0] < 5_000
    assert model.report.penalty > 0
    assert "fitted with a penalty" in model.report.sentence


@given(factor=st.floats(1e-3, 1e5))
@settings(max_examples=15, deadline=None)
def test_money_times_k_gives_spend_times_k(factor):
    random = np.random.default_rng(5)
    days = random.integers(1, 9, 80)
    spend = random.gamma(3 * days, random.gamma(4, 8, 80) / (3 * days))
    once = fit_gamma_gamma(days, spend, 0, WINSORISED_AT).expected_spend(days, spend)
    times = fit_gamma_gamma(days, spend * factor, 0, WINSORISED_AT).expected_spend(days, spend * factor)
    assert_allclose(times, once * factor, rtol=1e-4)


def test_a_model_survives_json(fitted):
    winsorised = fit_gamma_gamma([1, 2, 3], [3.0, 7.0, 20.0], 0, WINSORISED_AT)
    constant = fit_gamma_gamma([1, 2], [3.0, 3.0], 0)
    for model in (fitted, winsorised, constant):
        assert GammaGamma.from_json(json.loads(json.dumps(model.to_json()))) == model
