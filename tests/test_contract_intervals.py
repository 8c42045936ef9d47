"""The interval of value in a shop of contracts, over a year of renewals, against what then happened.

What a contract brings comes in whole payments, so that no bound has just a tenth beyond it: at most a tenth spends more
than the 90th percentile, and at least a tenth as much or more.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.door.open import open_shop
from features.plan import plan_features
from models.renewals import renewals_due
from models.standing import asked
from tenure.settings import load_settings
from tenure.simulator import PERIOD, SUBSCRIPTION, Scenario, simulate_contracts, write_contracts
from training.learn import learn
from training.metrics import share_above_high, share_at_high_or_above, share_below_low
from training.past import Past

YEAR = 365


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> pd.DataFrame:
    """One row per customer with a contract: the answers, what fell due, and the spend that followed."""
    scenario = Scenario(
        4_000, 3, SUBSCRIPTION, churn_window_days=PERIOD, clv_horizon_days=YEAR, interactions_per_year=0
    )
    folder: Path = tmp_path_factory.mktemp("contracts")
    write_contracts(simulate_contracts(scenario), scenario, folder)
    configuration = load_settings(folder / "tenure.toml")
    horizons = configuration.settings.horizons.resolve(PERIOD)
    past = Past(open_shop(configuration.settings.data, folder), seed=0)
    plan = plan_features(past.shop, scenario.as_of, PERIOD, [])
    model = learn(past, scenario.as_of, plan, horizons, lambda *_: None)
    everybody = past.state(scenario.as_of, plan).features
    features = everybody[asked(everybody, PERIOD)].reset_index(drop=True)
    truth = pd.read_parquet(folder / "truth.parquet").set_index("customer_id")
    return model.answer(features, scenario.as_of).assign(
        due=renewals_due(features, YEAR),
        price=features["contract_amount"],
        spend=truth.loc[features["customer_id"], "spend"].to_numpy(dtype=float),
    )


def test_bounds_are_whole_payments_and_never_more_than_what_falls_due(judged):
    for bound in ("clv_low", "clv_median", "clv_high"):
        payments = judged[bound] / judged["price"]
        np.testing.assert_allclose(payments, payments.round(), atol=1e-9)
        assert (payments.round() <= judged["due"]).all()
    assert (judged["clv_low"] <= judged["clv_median"]).all()
    assert (judged["clv_median"] <= judged["clv_high"]).all()
    assert (judged["clv"] < judged["clv_high"]).mean() > 0.99


def test_a_tenth_lies_between_those_above_the_bound_and_those_at_it_or_above(judged):
    """Overall and within each fifth of clv; a fifth holds three hundred."""
    fifths = np.array_split(np.argsort(judged["clv"].to_numpy(), kind="stable"), 5)
    for rows in (np.arange(len(judged)), *fifths):
        spend, high = (judged[name].to_numpy(dtype=float)[rows] for name in ("spend", "clv_high"))
        assert share_above_high(spend, high) <= 0.12
        assert share_at_high_or_above(spend, high) >= 0.08


def test_at_most_a_tenth_spends_less_than_the_lower_bound(judged):
    spend, low = (judged[name].to_numpy(dtype=float) for name in ("spend", "clv_low"))
    assert (low > 0).sum() > 500
    assert share_below_low(spend, low) <= 0.12
