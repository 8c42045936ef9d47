"""The simulated worlds against the theory they are made of, and the truth against what then happened."""

import warnings
from functools import cache
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import hyp2f1

from tenure.simulator import SimulatedShop, simulate
from tenure.simulator.posterior import History, regular_posterior
from tenure.simulator.worlds import SPEND, WORLDS

CUSTOMERS = 20_000
WITH_POSTERIOR = ["bgnbd", "regular", "seasonal"]


@pytest.fixture(scope="module", params=list(WORLDS))
def truth(request: pytest.FixtureRequest) -> pd.DataFrame:
    return shop_of(request.param).truth.to_pandas()


@cache
def shop_of(world: str) -> SimulatedShop:
    return simulate(CUSTOMERS, 11, world, interactions_per_year=0)


def test_bgnbd_buyers_make_as_many_repeat_purchases_as_the_closed_form_expects() -> None:
    shop = simulate(CUSTOMERS, 3, "bgnbd", cohort_days=1, interactions_per_year=0)
    orders = shop.purchases.to_pandas().query("amount > 0").groupby("customer_id").size()
    (r, alpha), (a, b) = (1.2, 70.0), (0.8, 6.0)
    t = 729.5
    # Fader, Hardie & Lee (2005), eq. 9
    z = t / (alpha + t)
    expected = (a + b - 1) / (a - 1) * (1 - (1 - z) ** r * hyp2f1(r, b, a + b - 1, z))
    assert orders.mean() - 1 == pytest.approx(expected, abs=4 * orders.std() / np.sqrt(CUSTOMERS))


def test_orders_are_worth_what_gamma_gamma_says() -> None:
    truth, purchases = shop_of("bgnbd").truth.to_pandas(), shop_of("bgnbd").purchases.to_pandas()
    inverse_mean = SPEND.p * SPEND.v / truth["mean_spend"]
    assert stats.kstest(inverse_mean, stats.gamma(SPEND.q).cdf).pvalue > 0.001
    amounts = purchases.query("amount > 0").merge(truth[["customer_id", "mean_spend"]], on="customer_id")
    around_mean = SPEND.p * amounts["amount"] / amounts["mean_spend"]
    assert stats.kstest(around_mean.sample(5_000, random_state=1), stats.gamma(SPEND.p).cdf).pvalue > 0.001


def test_few_of_the_bgnbd_gaps_end_on_the_day_they_began() -> None:
    orders = shop_of("bgnbd").purchases.to_pandas().query("amount > 0")
    days = orders.assign(day=orders["ordered_at"].dt.normalize()).groupby("customer_id")["day"]
    repeats, same_day = len(orders) - CUSTOMERS, len(orders) - days.nunique().sum()
    assert 0 < same_day / repeats < 0.02


def test_those_with_a_given_chance_of_returning_return_that_often(truth: pd.DataFrame) -> None:
    assert_calibrated(truth["probability_of_return"], truth["returned"].astype(float))


def test_purchases_and_spend_come_as_expected_given_the_hidden_state(truth: pd.DataFrame) -> None:
    assert_calibrated(truth["expected_purchases"], truth["purchases"])
    assert_calibrated(truth["expected_spend"], truth["spend"])


@pytest.mark.parametrize("world", WITH_POSTERIOR)
def test_the_posterior_is_calibrated_and_no_sharper_than_the_truth(world: str) -> None:
    truth = shop_of(world).truth.to_pandas()
    returned = truth["returned"].astype(float)
    assert_calibrated(truth["posterior_probability_of_return"], returned)
    assert_calibrated(truth["posterior_probability_alive"], truth["is_alive"].astype(float))
    brier_of_posterior = ((truth["posterior_probability_of_return"] - returned) ** 2).mean()
    brier_of_truth = ((truth["probability_of_return"] - returned) ** 2).mean()
    base_rate = returned.mean() * (1 - returned.mean())
    assert brier_of_truth < brier_of_posterior < base_rate


@pytest.mark.parametrize("world", ["bgnbd", "seasonal"])
def test_posterior_purchases_and_spend_are_calibrated_where_there_is_a_closed_form(world: str) -> None:
    truth = shop_of(world).truth.to_pandas()
    assert_calibrated(truth["posterior_expected_purchases"], truth["purchases"])
    assert_calibrated(truth["posterior_expected_spend"], truth["spend"])


def test_where_no_posterior_is_sound_its_columns_are_empty() -> None:
    for world, without in {
        "bgnbd": [],
        "seasonal": [],
        "regular": ["expected_purchases", "expected_spend"],
        "returning": ["probability_alive", "probability_of_return", "expected_purchases", "expected_spend"],
        "mixed": ["probability_alive", "probability_of_return", "expected_purchases", "expected_spend"],
    }.items():
        truth = shop_of(world).truth.to_pandas()
        posterior = truth.filter(like="posterior_")
        empty = set(posterior.columns[posterior.isna().all()])
        assert empty == {f"posterior_{name}" for name in without}
        assert not posterior.drop(columns=list(empty)).isna().any(axis=None)


def test_lifetimes_gives_the_same_posterior_to_bgnbd_buyers(lifetimes: ModuleType) -> None:
    shop = shop_of("bgnbd")
    orders = shop.purchases.to_pandas().query("amount > 0")
    days = (orders["ordered_at"] - pd.Timestamp("2026-01-01")) / pd.Timedelta(days=1)
    summary = days.groupby(orders["customer_id"]).agg(["count", "min", "max"]).head(2_000)
    x, t_x, T = summary["count"] - 1, summary["max"] - summary["min"], -summary["min"]
    model = lifetimes.BetaGeoFitter()
    model.params_ = pd.Series({"r": 1.2, "alpha": 70.0, "a": 0.8, "b": 6.0})
    truth = shop.truth.to_pandas().set_index("customer_id").loc[summary.index]
    np.testing.assert_allclose(
        truth["posterior_probability_alive"], model.conditional_probability_alive(x, t_x, T), rtol=1e-4
    )
    np.testing.assert_allclose(
        truth["posterior_expected_purchases"],
        model.conditional_expected_number_of_purchases_up_to_time(365, x, t_x, T),
        rtol=1e-4,
    )
    spend = lifetimes.GammaGammaFitter()
    spend.params_ = pd.Series({"p": SPEND.p, "q": SPEND.q, "v": SPEND.v})
    mean_amount = orders.groupby("customer_id")["amount"].mean().loc[summary.index]
    expected = spend.conditional_expected_average_profit(summary["count"], mean_amount)
    kept = 1 - 0.04 * 0.75
    np.testing.assert_allclose(
        truth["posterior_expected_spend"] / truth["posterior_expected_purchases"], expected * kept, rtol=1e-4
    )


def test_the_regular_posterior_equals_brute_force_over_rate_shape_and_exit() -> None:
    """Three customers: one purchase, a clockwork buyer overdue, a clockwork buyer on time."""
    gaps: list[list[float]] = [[], [14.0, 15.0, 13.0, 14.0, 15.0], [30.0, 29.0, 31.0]]
    ages = [200.0, 400.0, 100.0]
    history = History(
        repeats=np.array([float(len(own)) for own in gaps]),
        last_at=np.array([sum(own) for own in gaps]),
        age=np.array(ages),
        log_gaps=np.array([np.sum(np.log(own)) for own in gaps]),
        mean_amount=np.ones(3),
    )
    population = WORLDS["regular"][0]
    alive, returns = regular_posterior(population, history, 90.0)
    expected = [brute_force(own, age, 90.0) for own, age in zip(gaps, ages, strict=True)]
    np.testing.assert_allclose(alive, [each[0] for each in expected], rtol=2e-3)
    np.testing.assert_allclose(returns, [each[1] for each in expected], rtol=2e-3)


def brute_force(gaps: list[float], age: float, window: float) -> tuple[float, float]:
    """P(alive) and P(return) by summing over a fine grid of rates and exit times, shape by shape."""
    rate = np.linspace(1e-5, 0.5, 1_000)[:, None]
    last = sum(gaps)
    at = np.linspace(last, age + window, 801)  # exit times, days since birth
    density = 200.0 / (200.0 + at) ** 2
    outlives = np.array([200.0 / (200.0 + age), 200.0 / (200.0 + age + window)])
    alive = dead = back = 0.0
    for k in (1, 2, 4, 8):
        gap = stats.gamma(k, scale=1 / (k * rate))
        likelihood = stats.gamma(2, scale=1 / 70).pdf(rate) * np.prod(
            [gap.pdf(own) for own in gaps] or [np.ones_like(rate)], axis=0
        )
        silent = (likelihood * gap.sf(at - last)).sum(axis=0)
        now, later = (likelihood * gap.sf(np.array([age, age + window]) - last)).sum(axis=0) * outlives
        gone_before = np.where(at <= age, silent * density, 0)
        gone_after = np.where(at >= age, silent * density, 0)
        alive += now
        dead += np.trapezoid(gone_before, at)
        back += now - later - np.trapezoid(gone_after, at)
    return alive / (alive + dead), back / (alive + dead)


def assert_calibrated(expected: pd.Series, happened: pd.Series) -> None:
    """Overall and in each fifth of what was expected, the mean comes within four standard errors."""
    fifth = pd.qcut(expected.rank(method="first"), 5, labels=False)
    for group in [pd.Series(True, index=expected.index), *(fifth == each for each in range(5))]:
        noise = (happened - expected)[group].std() / np.sqrt(group.sum())
        assert happened[group].mean() == pytest.approx(expected[group].mean(), abs=4 * noise + 0.002)


@pytest.fixture(scope="module")
def lifetimes() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing it sets an option that pandas has deprecated
        import lifetimes

        return lifetimes
