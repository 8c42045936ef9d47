"""Why value at risk moved between two batches of six customers, and who went from which segment to which."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from models.scores import ANSWERS
from serving.store.movements import Cause, Flow

BEFORE = """
customer  purchases  band    at_risk  segment
loyal     11         low     10       CHAMPIONS
lapsed    5          medium  20       LOYAL
steady    4          low     4        LOYAL
cooling   3          medium  9        ACTIVE
leaving   2          high    30       AT_RISK
refunded  0          -       -        PROSPECTS
"""
NOW = """
customer  purchases  band    at_risk  segment
loyal     12         low     8        CHAMPIONS
lapsed    5          high    45       AT_RISK
steady    4          low     5        LOYAL
cooling   3          medium  6        AT_RISK
fresh     1          medium  7        NEW
refunded  0          -       -        PROSPECTS
"""
FLOWS = {
    Flow("CHAMPIONS", "CHAMPIONS", 1),
    Flow("LOYAL", "AT_RISK", 1),
    Flow("LOYAL", "LOYAL", 1),
    Flow("ACTIVE", "AT_RISK", 1),
    Flow("AT_RISK", None, 1),
    Flow(None, "NEW", 1),
    Flow("PROSPECTS", "PROSPECTS", 1),
}


def scores(told: str) -> pd.DataFrame:
    _, *lines = [line.split() for line in told.strip().splitlines()]
    scored = [band != "-" for _, _, band, _, _ in lines]
    columns = {
        "customer_id": [name for name, *_ in lines],
        "eligible": scored,
        "ineligible_reason": [None if known else "Only refunds are known." for known in scored],
        "risk_band": [band if band != "-" else None for _, _, band, _, _ in lines],
        "value_at_risk": [float(value) if value != "-" else None for _, _, _, value, _ in lines],
        "churn_probability": [0.5 if known else None for known in scored],
        "clv": [100.0 if known else None for known in scored],
        "historic_spend": [10.0] * len(lines),
        "purchase_count": [int(purchases) for _, purchases, *_ in lines],
        "rfm_segment": [segment for *_, segment in lines],
        "journey_stage": ["purchase"] * len(lines),
    }
    return pd.DataFrame({column.name: [None] * len(lines) for column in ANSWERS} | columns)


@pytest.fixture
def later(batch):
    return replace(batch, as_of=date(2024, 1, 2), fingerprint="log of 2024-01-02")


def test_every_customer_moves_the_value_for_one_cause_and_from_one_segment(writer, reader, batch, later):
    first = writer.publish(batch, [scores(BEFORE)]).batch
    assert reader.movement(first.sequence) is None
    second = writer.publish(later, [scores(NOW)]).batch

    movement = reader.movement(second.sequence)
    assert movement.before == first
    assert movement.causes == (
        Cause("new", 1, 7.0),
        Cause("came_back", 1, -2.0),
        Cause("newly_high", 1, 25.0),
        Cause("rose", 1, 1.0),
        Cause("fell", 1, -3.0),
        Cause("gone", 1, -30.0),
    )
    assert movement.change == -2.0  # 71 now, 73 before
    assert set(movement.flows) == FLOWS


def test_a_new_model_version_is_the_cause_for_all_who_bought_nothing_in_between(writer, reader, batch, later):
    writer.publish(batch, [scores(BEFORE)])
    second = writer.publish(replace(later, model_version="8"), [scores(NOW)]).batch

    movement = reader.movement(second.sequence)
    assert movement.causes == (
        Cause("new", 1, 7.0),
        Cause("came_back", 1, -2.0),
        Cause("model", 3, 23.0),
        Cause("gone", 1, -30.0),
    )
    assert set(movement.flows) == FLOWS
