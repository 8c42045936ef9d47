"""Reasons of models that could learn nothing from past windows: they add up, and speak with own numbers."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit

from features.plan import plan_features
from models.horizons import Horizons
from models.reasons import BASELINE, READS_AS
from training.learn import learn
from training.past import Past

AS_OF = date(2026, 1, 1)


def log_of(customers: int, days: int) -> pa.Table:
    """Each customer at a pace of their own, the odd ones silent for longer; all within so many days."""
    rows = [
        (f"c{n:02}", AS_OF - timedelta(days=1 + 3 * (n % 2) + 5 * (n % 4) + (4 + n % 9) * k), 10.0 + n)
        for n in range(customers)
        for k in range(1 + n % 5)
        if 1 + 3 * (n % 2) + 5 * (n % 4) + (4 + n % 9) * k < days
    ]
    return pa.table(
        {
            "order_id": [f"o{number}" for number in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": pa.array([row[1] for row in rows], pa.date32()).cast(pa.timestamp("us")),
            "amount": pa.array([row[2] for row in rows], pa.float64()),
        }
    )


@pytest.fixture(scope="module", params=[("base_rate", 12), ("btyd", 80)], ids=["base_rate", "btyd"])
def explained(request, shop_of):
    """A model, the features of its customers and its answers."""
    kind, customers = request.param
    past = Past(shop_of(log_of(customers, 60)), 0)
    plan = plan_features(past.shop, AS_OF, 90, [])
    model = learn(past, AS_OF, plan, Horizons(churn_window_days=90, clv_horizon_days=90), lambda *_: None)
    assert model.kind == kind
    features = past.state(AS_OF, plan).features
    return model, features, model.predict(features, AS_OF)


def test_contributions_add_up_to_the_served_probability_from_one_baseline_for_all(explained):
    model, features, answers = explained
    contributions = model.contributions(features)
    assert expit(contributions.sum(axis=1)).to_numpy() == pytest.approx(
        answers["churn_probability"].to_numpy(), rel=1e-9
    )
    # Were something unexplained, the baseline would have to take it, customer by customer.
    assert np.ptp(contributions[BASELINE].to_numpy()) < 1e-9


def test_reasons_have_a_direction_an_importance_and_the_customers_own_numbers(explained):
    _, features, answers = explained
    assert answers["reasons"].str.len().between(1, 5).all()
    for row, reasons in enumerate(answers["reasons"]):
        for reason in reasons:
            assert reason["direction"] in ("raises", "lowers")
            assert reason["importance"] in ("low", "medium", "high")
            assert reason["feature"] not in READS_AS
            assert reason["value"] is None or reason["value"] == float(features[reason["feature"]].iloc[row])
            assert any(character.isdigit() for character in reason["text"])


def test_more_purchase_days_than_usual_lower_the_churn_probability(explained):
    model, features, _ = explained
    most = int(features["frequency"].to_numpy().argmax())
    assert model.contributions(features)["frequency"].iloc[most] < 0
