"""The models of a shop of contracts: each period its own, orders beside them, all of it restored from JSON."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models.history import TypicalHistory, share_history
from models.renewals import (
    ContractModels,
    Renewals,
    fit_purchases,
    fit_renewals,
    renewals_due,
    restore_purchases,
)


def shop(customers: int = 400) -> pd.DataFrame:
    """Customers of a monthly plan that half leave at each renewal, and of a yearly one that one in ten leaves."""
    random = np.random.default_rng(3)
    yearly = np.arange(customers) % 2 == 1
    period = np.where(yearly, 365.0, 30.0)
    paid = random.geometric(np.where(yearly, 0.1, 0.5)) - 1
    seen = random.integers(1, 6, customers)
    renewals, runs = np.minimum(paid, seen), paid >= seen
    since_start = renewals * period
    silence = np.where(runs, 10.0, period + 50.0)
    amount = np.where(yearly, 100.0, 10.0)
    return pd.DataFrame(
        {
            "frequency": renewals.astype(float),
            "recency": since_start,
            "T": since_start + silence - 1,
            "monetary_value": np.where(renewals > 0, amount, np.nan),
            "days_since_last_purchase": silence,
            "purchase_day_count": renewals + 1.0,
            "first_amount": amount,
            "gross_spend": amount * (renewals + 1),
            "historic_spend": amount * (renewals + 1),
            "contract_count": 1.0,
            "contracts_running": runs.astype(float),
            "contract_renewals": renewals.astype(float),
            "contract_renewal_due_days": np.where(runs, period - 10, np.nan),
            "contract_period_days": period,
            "contract_amount": amount,
        }
    )


@pytest.fixture(scope="module")
def features():
    return shop()


@pytest.fixture(scope="module")
def models(features) -> ContractModels:
    return fit_purchases(features, 0)


def test_each_period_has_chances_of_its_own(features, models):
    runs = features["contracts_running"] > 0
    chance = models.renewals.probability_of_renewal(features)
    yearly = features["contract_period_days"] == 365
    assert chance[runs & ~yearly].mean() == pytest.approx(0.5, abs=0.1)
    assert chance[runs & yearly].mean() == pytest.approx(0.9, abs=0.05)
    assert np.isnan(chance[~runs]).all()


def test_a_rare_period_is_answered_by_all_contracts_together(features):
    rare = features.copy()
    rare.loc[rare.index[:5], "contract_period_days"] = 7.0
    fitted = fit_renewals(rare, 0)
    assert [(plan.period_days, plan.amount) for plan in fitted.plans] == [
        (None, None),
        (365, None),
        (30, None),
        (365, 100.0),
        (30, 10.0),
    ]
    one = rare.iloc[[0]].assign(contracts_running=1.0)
    of_all = fitted.plans[0].model.probability_of_renewal(one["contract_renewals"])
    assert fitted.probability_of_renewal(one) == pytest.approx(of_all)


def test_a_price_that_few_pay_is_answered_by_its_period(features):
    fitted = fit_renewals(features, 0)
    other = features.iloc[[1]].assign(contracts_running=1.0, contract_amount=55.0)
    (yearly,) = (plan.model for plan in fitted.plans if (plan.period_days, plan.amount) == (365, None))
    assert fitted.probability_of_renewal(other) == pytest.approx(
        yearly.probability_of_renewal(other["contract_renewals"])
    )


def test_renewals_fall_due_from_the_next_one_on():
    due = pd.DataFrame(
        {
            "contract_renewal_due_days": [0.0, 29.0, 30.0, 10.0],
            "contract_period_days": [30.0, 30.0, 365.0, 30.0],
        }
    )
    assert renewals_due(due, 30).tolist() == [1, 1, 0, 1]
    assert renewals_due(due, 91).tolist() == [4, 3, 1, 3]


def test_the_outlook_is_of_renewals_where_a_contract_runs_and_of_orders_elsewhere(features, models):
    outlook, orders = models.outlook(features, 30), models.orders.outlook(features, 30)
    runs = (features["contracts_running"] > 0).to_numpy()
    monthly = runs & (features["contract_period_days"] == 30).to_numpy()
    renewing = models.renewals.probability_of_renewal(features)
    assert expit(outlook["btyd_logit"].to_numpy())[monthly] == pytest.approx(renewing[monthly])
    assert outlook["btyd_clv"].to_numpy()[monthly] == pytest.approx(10 * renewing[monthly])
    assert (outlook["btyd_alive"][runs] == 1).all()
    # No yearly contract is due so soon: next to nothing is expected of it.
    assert expit(outlook["btyd_logit"])[runs & ~monthly].max() < 1e-6
    pd.testing.assert_frame_equal(outlook[~runs], orders[~runs])
    assert np.isfinite(outlook.to_numpy()).all()


def test_a_longer_horizon_never_expects_less(features, models):
    expected = np.array([models.expected_purchases(features, days) for days in (1, 20, 30, 90, 365, 1000)])
    assert (np.diff(expected, axis=0) >= 0).all()


def test_the_next_payment_is_expected_when_it_is_due(features, models):
    runs = features["contracts_running"] > 0
    wait = models.days_to_next_purchase(features, 365, 0.5)
    assert (wait[runs] == features["contract_renewal_due_days"][runs]).all()
    assert np.isfinite(wait).all()


def test_what_renewals_add_sums_to_the_logit(features, models):
    typical = TypicalHistory.of(features)
    of_orders = share_history(lambda *history: models.return_logit(30, *history), features, typical, 30.0)
    shares = models.share_history(of_orders, features, typical, 30)
    assert shares.sum(axis=1).to_numpy() == pytest.approx(
        models.outlook(features, 30)["btyd_logit"].to_numpy()
    )
    runs = features["contracts_running"] > 0
    assert (shares.loc[runs, "frequency"] == 0).all()
    assert (shares.loc[~runs, "contract_renewals"] == 0).all()


def test_the_models_come_back_from_json(features, models):
    restored = restore_purchases(json.loads(json.dumps(models.to_json())))
    assert isinstance(restored, ContractModels)
    assert isinstance(restored.renewals, Renewals)
    pd.testing.assert_frame_equal(
        restored.outlook(features, 90), models.outlook(features, 90), check_exact=True
    )


def test_a_shop_without_contracts_has_the_models_of_orders_alone(features):
    orders = features[[name for name in features if not name.startswith("contract")]]
    assert not isinstance(fit_purchases(orders, 0), ContractModels)


def test_a_quantile_of_spend_is_so_many_whole_payments_of_those_that_fall_due(features, models):
    """The monthly plan falls due 4 times in 120 days and half leave each time, the yearly one once in 360 days."""
    runs = features["contracts_running"].to_numpy() > 0
    monthly, yearly = (runs & (features["contract_amount"] == price).to_numpy() for price in (10, 100))
    for level, months, years in ((0.1, 0, 0), (0.5, 1, 1), (0.9, 3, 1)):
        first = np.where(monthly, 0.55, 0.91 if level > 0.1 else 0.89)
        assert (models.spend_at(level, features, 120, first)[monthly] == 10 * months).all()
        assert (models.spend_at(level, features, 360, first)[yearly] == 100 * years).all()
    assert (models.spend_at(0.1, features, 360, np.full(len(features), 0.91))[yearly] == 100).all()


def test_spend_is_not_told_by_contracts_that_are_none_or_several_or_not_due(features, models):
    first = np.full(len(features), 0.9)
    runs = features["contracts_running"].to_numpy() > 0
    assert np.array_equal(np.isnan(models.spend_at(0.5, features, 400, first)), ~runs)
    two = features.assign(contracts_running=2 * features["contracts_running"])
    assert np.isnan(models.spend_at(0.5, two, 400, first)).all()
    yearly = (features["contract_period_days"] == 365).to_numpy()
    assert np.isnan(models.spend_at(0.5, features, 30, first)[yearly]).all()


def test_nor_in_a_shop_whose_holders_buy_beside_their_contracts(features):
    beside = features.assign(
        purchase_day_count=features["purchase_day_count"] + (np.arange(len(features)) % 8 < 2)
    )
    ordering = fit_purchases(beside, 0)
    assert 0.15 < ordering.share_ordering < 0.35
    assert np.isnan(ordering.spend_at(0.5, beside, 400, np.full(len(features), 0.9))).all()
