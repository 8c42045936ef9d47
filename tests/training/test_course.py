"""The course of a shop: what customers did beside what was expected, with customers by the hundred."""

import numpy as np
import pandas as pd
import pytest

from training.course import measure_courses

CUSTOMERS = 400


class OnePurchaseOfTen:
    """Expects of everybody one purchase day, worth 10."""

    def outlook(self, features: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
        return pd.DataFrame({"btyd_purchases": 1.0, "btyd_spend": 10.0}, index=features.index)


def courses(rate: float, amount: float, days: int = 30, customers: int = CUSTOMERS):
    bought = np.random.default_rng(5).poisson(rate, customers)
    labels = pd.DataFrame({"purchase_days": bought, "spend": amount * bought})
    return measure_courses(pd.DataFrame(index=range(customers)), labels, OnePurchaseOfTen(), days)


def test_a_shop_that_does_as_expected_does_not_stray():
    purchases, spend = courses(1.0, 10.0)
    assert purchases.ratio == pytest.approx(1, abs=0.1)
    assert spend.ratio == 1
    assert not purchases.strays({})
    assert not spend.strays({})


def test_half_the_purchases_stray_and_twice_the_spend_does():
    half, unchanged = courses(0.5, 10.0)
    assert (half.strays({}), unchanged.strays({})) == (True, False)
    unchanged, twice = courses(1.0, 20.0)
    assert (unchanged.strays({}), twice.strays({})) == (False, True)


def test_what_happened_before_is_the_usual_course():
    half = courses(0.5, 10.0)[0]
    assert not half.strays({30: 0.55})
    low, high = half.allowed({30: 0.55, 90: 1.6})
    assert low < 0.55 / 1.25
    assert high > 1.6 * 1.25


def test_of_few_customers_chance_explains_more():
    few, many = courses(0.7, 10.0, customers=40)[0], courses(0.7, 10.0)[0]
    assert few.error > 2 * many.error
    assert few.allowed({})[0] < many.allowed({})[0]


def test_too_few_days_or_purchases_tell_nothing():
    assert courses(1.0, 10.0, days=6) == ()
    assert courses(1.0, 10.0, customers=20) == ()
