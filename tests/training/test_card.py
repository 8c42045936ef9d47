"""The model card: short, readable, with the numbers of its version, and safe whatever the shop is called."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from features.plan import plan_features
from models.horizons import Horizons
from models.tenure_model import TenureModel
from training.card import write_card
from training.grade import Grade
from training.learn import learn
from training.past import Past
from training.train import TrainingResult

AS_OF = date(2026, 1, 1)
DATA = {
    "data_first_day": date(2025, 11, 2),
    "data_last_day": date(2025, 12, 31),
    "data_orders": 1234,
    "data_customers": 12,
    "data_interactions": 0,
}
EVIDENCE = {
    "as_of": "2025-12-02",
    "window_days": 30,
    "customers": 1100,
    "interval": {"above_high": 0.091, "below_low": None},
    "peers": [
        {
            "forecaster": "Tenure",
            "roc_auc": 0.81,
            "log_loss": 0.4,
            "normalized_gini": None,
            "total_bias": -0.02,
        }
    ],
}


@pytest.fixture(scope="module")
def model(shop_of) -> TenureModel:
    days = [AS_OF - timedelta(days=5 + 7 * n) for n in range(12) for _ in range(2)]
    log = pa.table(
        {
            "order_id": [f"o{number}" for number in range(len(days))],
            "customer_id": [f"secret-{number // 2}" for number in range(len(days))],
            "ordered_at": pa.array(days, pa.date32()).cast(pa.timestamp("us")),
            "amount": pa.array([10.0] * len(days), pa.float64()),
        }
    )
    past = Past(shop_of(log), 0)
    plan = plan_features(past.shop, AS_OF, 30, [])
    horizons = Horizons(churn_window_days=30, clv_horizon_days=365, margin=0.4)
    return learn(past, AS_OF, plan, horizons, lambda *_: None)


def card_of(model: TenureModel, objectors: int = 1) -> str:
    grade = Grade(
        "A", "Of the 110 on the list, 90 left.", None, "Too little data to grade: x.", {"ece": 0.02}
    )
    return write_card(TrainingResult(model, grade, pd.DataFrame(), {}), DATA, objectors)


def test_it_tells_purpose_data_grade_peers_and_who_is_left_out(model):
    card = card_of(replace(model, evidence=EVIDENCE))
    assert card.startswith("# Model card: trained as of 2026-01-01\n")
    for sentence in (
        "no purchase in the next 30 days",
        "the next 365 days with its 10-90 interval, times a margin of 0.4.",
        "1,234 orders of 12 customers from 2025-11-02 to 2025-12-31; 0 interactions.",
        "(kind: base_rate, seed 0)",
        "- Churn, grade A: Of the 110 on the list, 90 left.",
        "- Value, grade none: Too little data to grade: x.",
        "Held out: 30 days from 2025-12-02, 1,100 customers.",
        "9.1% spent more than `clv_high` and none less than `clv_low`",
        "| Tenure | 0.8100 | 0.4000 | none | -0.0200 |",
        "| ece | 0.0200 |",
        "get no score and are on no list: 1 customer at this training",
    ):
        assert sentence in card
    assert len(card.splitlines()) < 80


def test_without_a_held_out_date_it_says_that_nothing_was_measured(model):
    assert "No past date could be held out, so nothing was measured." in card_of(model)


def test_no_customer_is_in_it(model):
    assert "secret-" not in card_of(model)


def test_text_of_the_shop_is_no_markup(model):
    card = card_of(replace(model, why="<script>alert(1)</script> | a\n\n# b"))
    assert "<script>" not in card
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\| a # b" in card
