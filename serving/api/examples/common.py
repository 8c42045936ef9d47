"""One customer of a small shop, as of 1 September 2026, and what every example has in common."""

from typing import Any

SCORE: dict[str, Any] = {
    "customer_id": "C-1001",
    "as_of": "2026-09-01",
    "scored_at": "2026-09-01T02:10:00Z",
    "model_version": "3",
    "eligible": True,
    "ineligible_reason": None,
    "churn_probability": 0.64,
    "churn_percentile": 81,
    "risk_band": "high",
    "probability_alive": 0.58,
    "expected_purchases": 2.3,
    "clv": 131.4,
    "clv_median": 88.0,
    "clv_low": 0.0,
    "clv_high": 342.5,
    "value_at_risk": 84.1,
    "expected_next_purchase_at": "2026-09-23",
    "next_purchase_low_at": "2026-08-19",
    "next_purchase_high_at": "2027-04-02",
    "historic_spend": 1204.9,
    "purchase_count": 17,
    "days_since_last_purchase": 94,
    "rfm_segment": "AT_RISK",
    "value_tier": "high",
    "journey_stage": "retention",
    "engagement_score": 22.0,
    "reasons": [
        {
            "feature": "days_since_last_purchase",
            "value": 94.0,
            "direction": "raises",
            "importance": "high",
            "text": "silent for 94 days; usually buys every 21",
        }
    ],
}

BATCH: dict[str, Any] = {
    "sequence": 12,
    "as_of": "2026-09-01",
    "scored_at": "2026-09-01T02:10:00Z",
    "model_version": "3",
    "horizons": {
        "churn_window_days": 90,
        "clv_horizon_days": 365,
        "margin": 1.0,
        "annual_discount_rate": 0.0,
    },
    "customers": 20117,
    "eligible": 19842,
}

HEAD = {"as_of": "2026-09-01", "model_version": "3"}
