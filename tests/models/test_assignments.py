import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.assignments import AssignmentRules, Assignments, fit_assignments
from models.segments import PROSPECTS, SegmentName

LIVES = ["loyal", "lapsed", "one_time", "new", "refunded", "prospect"]
FEATURES = pd.DataFrame(
    {
        "days_since_last_purchase": [4, 200, 250, 5, 60, np.nan],
        "purchase_day_count": [20, 6, 1, 1, 2, 0],
        "historic_spend": [2_000.0, 300.0, 20.0, 30.0, 0.0, 0.0],
        "T": [399, 399, 249, 4, 119, np.nan],
        "silence_log_ratio": [-1.6, 1.8, 1.5, -2.0, 0.2, np.nan],
        "engagement_days_since_last": [1, 190, np.nan, 3, 50, 10],
        "engagement_count_90d": [30, 0, 0, 2, 1, 1],
        "engagement_kinds_90d": [4, 0, 0, 2, 1, 1],
        "engagement_count_365d": [90, 5, 0, 2, 4, 1],
        "review__count_365d": [1, 0, 0, 0, 0, 0],
    },
    index=LIVES,
)
ANSWERS = pd.DataFrame(
    {"churn_probability": [0.05, 0.9, 0.95, 0.5, 0.7, np.nan], "clv": [900.0, 20.0, 4.0, 30.0, 10.0, np.nan]},
    index=LIVES,
)


@pytest.fixture
def assignments() -> Assignments:
    return fit_assignments(FEATURES, ANSWERS, AssignmentRules())


def test_six_lives_are_sorted_as_anyone_would(assignments):
    sorted_lives = assignments.assign(FEATURES, ANSWERS)
    assert sorted_lives["rfm_segment"].to_dict() == {
        "loyal": "CHAMPIONS",
        "lapsed": "AT_RISK",
        "one_time": "DORMANT",
        "new": "PROMISING",
        "refunded": "NEEDS_ATTENTION",
        "prospect": "PROSPECTS",
    }
    assert sorted_lives["journey_stage"].to_dict() == {
        "loyal": "advocacy",
        "lapsed": "retention",
        "one_time": "retention",
        "new": "purchase",
        "refunded": "engagement",
        "prospect": "consideration",
    }
    assert sorted_lives["risk_band"].fillna("none").tolist() == [
        "low",
        "high",
        "high",
        "medium",
        "high",
        "none",
    ]
    assert sorted_lives["value_tier"].fillna("none").tolist() == [
        "top",
        "medium",
        "low",
        "high",
        "low",
        "none",
    ]
    assert sorted_lives["churn_percentile"].fillna(0).tolist() == [1, 75, 100, 25, 50, 0]
    assert sorted_lives["engagement_score"].round().tolist() == [100, 1, 0, 71, 21, 31]


def test_a_customer_is_sorted_alike_alone_and_among_others(assignments):
    together = assignments.assign(FEATURES, ANSWERS)
    alone = pd.concat([assignments.assign(FEATURES.loc[[life]], ANSWERS.loc[[life]]) for life in LIVES])
    pd.testing.assert_frame_equal(alone, together)


def test_assignments_survive_json(assignments):
    stored = json.loads(json.dumps(assignments.to_json()))
    assert Assignments.from_json(stored) == assignments


def test_no_interactions_is_no_engagement_score_rather_than_zero():
    features = FEATURES.drop(columns=[name for name in FEATURES if "engagement" in name or "review" in name])
    shop = fit_assignments(features, ANSWERS, AssignmentRules())
    sorted_lives = shop.assign(features, ANSWERS)
    assert sorted_lives["engagement_score"].isna().all()
    assert sorted_lives["journey_stage"]["prospect"] == "awareness"
    assert sorted_lives["journey_stage"]["loyal"] == "engagement"
    assert Assignments.from_json(shop.to_json()) == shop


def test_the_days_of_a_journey_are_counted_to_the_edge():
    first_purchase = pd.DataFrame(
        {
            "purchase_day_count": 1,
            "T": [13, 14, 89, 90],
            "silence_log_ratio": -1.0,
            "survey_nps__score_mean_365d": 9.5,
        }
    ).assign(days_since_last_purchase=1, historic_spend=1.0)
    answers = pd.DataFrame({"churn_probability": [0.5] * 4, "clv": [1.0] * 4})
    stages = fit_assignments(first_purchase, answers, AssignmentRules()).assign(first_purchase, answers)
    assert stages["journey_stage"].tolist() == ["purchase", "onboarding", "onboarding", "advocacy"]


def test_where_everyone_is_worth_the_same_nobody_is_at_the_top_or_the_bottom():
    equal = ANSWERS.assign(clv=5.0, churn_probability=0.5)
    sorted_lives = fit_assignments(FEATURES, equal, AssignmentRules()).assign(FEATURES, equal)
    assert sorted_lives["value_tier"].unique().tolist() == ["medium"]
    assert sorted_lives["churn_percentile"].unique().tolist() == [50]


def test_bands_begin_where_the_configuration_says():
    rules = AssignmentRules.model_validate({"bands": {"medium": 0.05, "high": 0.9}})
    sorted_lives = fit_assignments(FEATURES, ANSWERS, rules).assign(FEATURES, ANSWERS)
    assert sorted_lives["risk_band"].fillna("none").tolist() == [
        "medium",
        "high",
        "high",
        "medium",
        "medium",
        "none",
    ]


def test_contradictions_in_the_configuration_are_refused():
    with pytest.raises(ValidationError, match=r"medium = 0.8 must be below high = 0.7"):
        AssignmentRules.model_validate({"bands": {"medium": 0.8}})
    with pytest.raises(
        ValidationError, match=r"top, high and medium add up to 1.4; something must be left for low"
    ):
        AssignmentRules.model_validate({"tiers": {"top": 0.9}})


rows = st.fixed_dictionaries(
    {
        "days_since_last_purchase": st.integers(1, 5_000),
        "purchase_day_count": st.integers(0, 300),
        "historic_spend": st.floats(-1e6, 1e9),
        "T": st.integers(0, 5_000),
        "silence_log_ratio": st.one_of(st.none(), st.floats(-10, 10)),
        "engagement_days_since_last": st.one_of(st.none(), st.integers(1, 900)),
        "engagement_count_90d": st.integers(0, 10_000),
        "engagement_kinds_90d": st.integers(0, 20),
        "engagement_count_365d": st.integers(0, 10_000),
        "churn_probability": st.one_of(st.none(), st.floats(1e-6, 1 - 1e-6)),
        "clv": st.one_of(st.none(), st.floats(0, 1e9)),
    }
)


@given(customers=st.lists(rows, min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_customer_of_every_shop_lands_in_a_drawer(customers):
    table = pd.DataFrame(customers).astype(float)
    sorted_customers = fit_assignments(table, table, AssignmentRules()).assign(table, table)
    known = table["churn_probability"].notna()
    assert sorted_customers["rfm_segment"].isin([*SegmentName.__args__, PROSPECTS]).all()
    assert sorted_customers["journey_stage"].notna().all()
    assert sorted_customers.loc[known, "risk_band"].isin(["low", "medium", "high"]).all()
    assert sorted_customers.loc[known, "churn_percentile"].between(1, 100).all()
    assert sorted_customers.loc[~known, ["risk_band", "churn_percentile"]].isna().all(axis=None)
    assert sorted_customers["value_tier"].notna().tolist() == table["clv"].notna().tolist()
    engagement = sorted_customers["engagement_score"]
    assert engagement.isna().all() or engagement.between(0, 100).all()


@given(churn=st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_riskier_customer_never_gets_a_lower_percentile_or_band(churn):
    answers = pd.DataFrame({"churn_probability": sorted(churn), "clv": 1.0})
    features = pd.DataFrame(
        {
            "days_since_last_purchase": 1,
            "purchase_day_count": 1,
            "historic_spend": 1.0,
            "T": 0,
            "silence_log_ratio": 0.0,
        },
        index=answers.index,
    )
    sorted_customers = fit_assignments(features, answers, AssignmentRules()).assign(features, answers)
    assert sorted_customers["churn_percentile"].is_monotonic_increasing
    assert sorted_customers["risk_band"].map({"low": 0, "medium": 1, "high": 2}).is_monotonic_increasing
