"""The scores' contract: one row per customer and `as_of`, the columns that outsiders rely on."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "flag", "date", "time", "reasons"]


@dataclass(frozen=True)
class ScoreColumn:
    """One column of the scores: its name, its kind, whether it may be empty, and what it means."""

    name: str
    kind: Kind
    may_be_empty: bool
    meaning: str


KEYS: tuple[ScoreColumn, ...] = (
    ScoreColumn("customer_id", "text", False, "the shop's own id of the customer"),
    ScoreColumn(
        "as_of", "date", False, "midnight at the start of this day: only what happened before it is known"
    ),
    ScoreColumn("scored_at", "time", False, "when the batch was computed (UTC)"),
    ScoreColumn("model_version", "text", False, "version of the registered model that answered"),
)

ANSWERS: tuple[ScoreColumn, ...] = (
    ScoreColumn("eligible", "flag", False, "whether the customer can honestly be scored"),
    ScoreColumn("ineligible_reason", "text", True, "a sentence: why there is no score"),
    ScoreColumn("churn_probability", "number", True, "P(no purchase in [as_of, as_of + churn_window_days))"),
    ScoreColumn(
        "churn_percentile", "integer", True, "1 (safest) to 100 (riskiest) among the scored customers"
    ),
    ScoreColumn("risk_band", "text", True, "low, medium or high"),
    ScoreColumn("probability_alive", "number", True, "BTYD's P(alive); empty without a repeat purchase"),
    ScoreColumn("expected_purchases", "number", True, "expected purchase days in the CLV horizon"),
    ScoreColumn("clv", "number", True, "expected net spend in the CLV horizon, times margin, discounted"),
    ScoreColumn("clv_median", "number", True, "median of the same"),
    ScoreColumn("clv_low", "number", True, "10th percentile of the same"),
    ScoreColumn("clv_high", "number", True, "90th percentile of the same"),
    ScoreColumn(
        "value_at_risk", "number", True, "churn_probability x expected spend if the customer returns"
    ),
    ScoreColumn(
        "expected_next_purchase_at", "date", True, "when the next purchase is due, if the customer returns"
    ),
    ScoreColumn("next_purchase_low_at", "date", True, "the day by which one in ten of such would have"),
    ScoreColumn("next_purchase_high_at", "date", True, "the day by which nine in ten of such would have"),
    ScoreColumn("historic_spend", "number", False, "net spend before as_of, shop currency"),
    ScoreColumn("purchase_count", "integer", False, "orders before as_of, refunds not counted"),
    ScoreColumn("days_since_last_purchase", "integer", True, "days from the last purchase day to as_of"),
    ScoreColumn(
        "rfm_segment", "text", True, "one of the eleven segments; empty after an objection to profiling"
    ),
    ScoreColumn("value_tier", "text", True, "top, high, medium or low, by clv"),
    ScoreColumn(
        "journey_stage", "text", True, "from awareness to retention; empty after an objection to profiling"
    ),
    ScoreColumn("engagement_score", "number", True, "0 to 100; empty where no interactions are given"),
    ScoreColumn("reasons", "reasons", True, "up to five of {feature, value, direction, importance, text}"),
)

COLUMNS: tuple[ScoreColumn, ...] = KEYS + ANSWERS
NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
