"""Examples for the API's documentation: one customer of a small shop, as of 1 September 2026."""

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

_HEAD = {"as_of": "2026-09-01", "model_version": "3"}
_UNKNOWN = {
    "type": "/docs#unknown-customer",
    "title": "Unknown customer",
    "detail": "The latest batch does not know this customer.",
}
_PAGE = {**_HEAD, "batch": BATCH, "customers": [SCORE], "next_cursor": "u0Zb5V0m...WzEyLDg0LjFd"}

HISTORY: dict[str, Any] = {
    "purchases": [
        {"order_id": "8812", "customer_id": "C-1001", "ordered_at": "2026-05-09T10:12:00Z", "amount": 59.9},
        {"order_id": "8840", "customer_id": "C-1001", "ordered_at": "2026-05-30T18:03:00Z", "amount": 21.0},
    ],
    "interactions": [
        {"customer_id": "C-1001", "occurred_at": "2026-06-02T08:00:00Z", "kind": "email_open"},
    ],
    "as_of": "2026-09-01",
}

ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/customers/{customer_id}": {**SCORE, "batch": BATCH},
    "/v1/customers": {**SCORE, "batch": BATCH},
    "/v1/predict": {
        **_HEAD,
        "batch": BATCH,
        "results": [
            {"customer_id": "C-1001", "score": SCORE},
            {"customer_id": "C-1002", "error": _UNKNOWN},
        ],
    },
    "/v1/score": {
        **_HEAD,
        "scored_at": "2026-09-01T02:10:00Z",
        "horizons": BATCH["horizons"],
        "results": [{"customer_id": "C-1001", "score": SCORE}],
    },
    "/v1/at-risk": _PAGE,
    "/v1/segments/{segment}/customers": _PAGE,
    "/v1/segments": {
        **_HEAD,
        "batch": BATCH,
        "segments": [
            {
                "name": "AT_RISK",
                "customers": 1872,
                "scored": 1872,
                "clv": 214380.5,
                "value_at_risk": 120112.0,
                "churn_probability": 0.61,
                "bands": {"medium": 702, "high": 1170},
            }
        ],
    },
    "/v1/model": {
        **_HEAD,
        "kind": "learned",
        "why": "learned from 5 past dates with 61,204 customers, of whom 38,811 did not return",
        "horizons": BATCH["horizons"],
        "timezone": "Europe/London",
        "grade": {
            "churn": "A",
            "churn_sentence": "Of the 500 customers it would have put on the list of 2026-06-03, 412 did not "
            "come back within 90 days; picking by days since the last purchase finds 371, at random 305.",
            "value": "B",
            "value_sentence": "The 500 customers it would have called most valuable on 2025-09-01 brought "
            "38% of the spend of the next 365 days; those who had spent most before brought 36%.",
        },
        "metrics": {"roc_auc": 0.78, "log_loss": 0.47, "normalized_gini": 0.71},
        "features": [
            {
                "name": "days_since_last_purchase",
                "unit": "days",
                "dtype": "int64",
                "family": "recency",
                "meaning": "days from the last purchase day to as_of",
                "sentence": "silent for {value:days}",
                "otherwise": "",
                "may_be_missing": False,
            }
        ],
        "scores": [
            {
                "name": "churn_probability",
                "kind": "number",
                "may_be_empty": True,
                "meaning": "P(no purchase in [as_of, as_of + churn_window_days))",
            }
        ],
    },
    "/healthz": {"status": "alive"},
    "/readyz": {"status": "ready", **_HEAD},
}
"""What each address answers when all is well."""

BODIES: dict[str, dict[str, Any]] = {
    "/v1/predict": {"customer_ids": ["C-1001", "C-1002"]},
    "/v1/score": HISTORY,
}
"""What each address that takes a body is sent."""
