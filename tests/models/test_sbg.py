"""The model of renewals against the paper's tables, its own sums, and contracts that nobody can learn from."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from models.sbg import Sbg, _loss, fit_sbg

# Fader & Hardie (2007), table 1: per cent of 1,000 customers who are still there after each year; the model
# is fitted to the first seven renewals and held against the rest.
HIGH_END = [100.0, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
REGULAR = [100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]


@pytest.fixture(scope="module")
def fits():
    return {"high end": _fit(HIGH_END[:8]), "regular": _fit(REGULAR[:8])}


@pytest.mark.parametrize(
    ("segment", "alpha", "beta", "log_likelihood"),
    [("high end", 0.668, 3.806, -1611.2), ("regular", 0.704, 1.182, -1680.3)],
)
def test_the_fit_to_seven_years_is_the_published_one(fits, segment, alpha, beta, log_likelihood):
    fit = fits[segment]
    assert fit.report.converged
    assert (fit.alpha, fit.beta) == (pytest.approx(alpha, abs=6e-4), pytest.approx(beta, abs=6e-4))
    assert fit.report.log_likelihood == pytest.approx(log_likelihood, abs=0.1)


@pytest.mark.parametrize(("segment", "survivors"), [("high end", HIGH_END), ("regular", REGULAR)])
def test_the_five_years_that_were_withheld_are_foretold_within_two_points(fits, segment, survivors):
    foretold = 100 * fits[segment].survival(np.arange(13))
    assert np.abs(foretold - survivors).max() < 2.0


def test_the_share_that_renews_rises_with_tenure(fits):
    renewing = fits["regular"].probability_of_renewal([0, 1, 2, 10, 1000])
    assert renewing[0] == pytest.approx(1.182 / (0.704 + 1.182), abs=1e-3)
    assert (np.diff(renewing) > 0).all()
    assert renewing[-1] < 1


def test_survival_is_the_product_of_the_shares_that_renew(fits):
    model = fits["high end"]
    shares = model.probability_of_renewal(np.arange(12))
    np.testing.assert_allclose(model.survival(np.arange(1, 13)), np.cumprod(shares), rtol=1e-12)


def test_expected_renewals_are_the_sum_of_the_chances_to_come_so_far():
    model = Sbg(1.0, 1.0, None)
    # Shares that renew after 0, 1, 2 renewals: 1/2, 2/3, 3/4.
    assert model.expected_renewals([0, 0, 0, 1], [0, 1, 3, 2]).tolist() == pytest.approx(
        [0.0, 1 / 2, 1 / 2 + 1 / 3 + 1 / 4, 2 / 3 + 1 / 2]
    )


def test_the_residual_lifetime_is_the_discounted_sum_of_the_chances_to_come():
    model = Sbg(0.7, 1.2, None)
    chances = model.survival(np.arange(4, 200_000)) / model.survival(3)
    by_sum = (chances * 1.1 ** -np.arange(len(chances))).sum()
    assert model.expected_residual_lifetime(3, 0.1) == pytest.approx(by_sum, rel=1e-9)


def test_without_a_discount_the_residual_lifetime_may_have_no_end():
    assert np.isinf(Sbg(0.7, 1.2, None).expected_residual_lifetime([0, 5], 0.0)).all()
    assert Sbg(3.0, 1.0, None).expected_residual_lifetime([0, 5], 0.0).tolist() == [0.5, 3.0]


@pytest.mark.parametrize(
    ("renewals", "has_left"),
    [
        ([0], [0]),
        ([0, 1, 5], [0, 0, 0]),
        ([0, 1, 5], [1, 1, 1]),
        ([0] * 50, [1] * 50),
        ([400, 3999], [0, 1]),
        ([], []),
    ],
)
def test_a_shop_without_anything_to_learn_gets_usable_chances(renewals, has_left):
    fit = fit_sbg(renewals, has_left, np.ones(len(renewals)), 0)
    chances = fit.probability_of_renewal([0, 1, 10, 4000])
    assert np.isfinite([fit.alpha, fit.beta]).all()
    assert ((chances > 0) & (chances < 1)).all()
    assert fit.report.sentence


def test_the_slope_of_the_likelihood_is_its_derivative():
    paid, left = np.array([0.0, 2.0, 2.0, 9.0]), np.array([True, True, False, False])
    loss = _loss(paid, left, np.array([0.3, 0.2, 0.4, 0.1]))
    assert check_grad(lambda theta: loss(theta)[0], lambda theta: loss(theta)[1], [0.3, -0.4]) < 1e-6


def test_simulated_contracts_give_back_the_parameters_they_were_drawn_from():
    random = np.random.default_rng(5)
    chance = random.beta(1.5, 6.0, 20_000)
    paid = random.geometric(chance) - 1
    seen = random.integers(1, 12, 20_000)  # renewals that have fallen due for each
    fit = fit_sbg(np.minimum(paid, seen), paid < seen, np.ones(20_000), 0)
    assert fit.alpha == pytest.approx(1.5, rel=0.06)
    assert fit.beta == pytest.approx(6.0, rel=0.06)


def _fit(survivors):
    """The fit to the customers who left after each year and to those who are there at its end."""
    customers = 10 * np.array(survivors)
    left = customers[:-1] - customers[1:]
    years = len(left)
    return fit_sbg([*range(years), years], [1] * years + [0], [*left, customers[-1]], 0)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_the_quantile_of_renewals_is_that_of_simulated_customers(level):
    """Chances to leave of those who have paid 3 are Beta(alpha, beta + 3); the first renewal is told by them too."""
    model = Sbg(0.8, 2.2, fit_sbg([1.0], [1.0], [1.0], 0).report)
    random = np.random.default_rng(1)
    paid = np.minimum(random.geometric(random.beta(0.8, 5.2, 400_000)) - 1, 6)
    (told,) = model.renewals_at(level, [5.2 / 6.0], [3.0], [6.0])
    assert told == np.quantile(paid, level, method="inverted_cdf")
    assert model.renewals_at(level, [0.001], [3.0], [6.0])[0] == 0
    assert model.renewals_at(level, [0.999], [1e6], [2.0])[0] == 2
