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
_SIDE = {
    name: SCORE[name]
    for name in (
        "risk_band",
        "rfm_segment",
        "value_tier",
        "journey_stage",
        "churn_probability",
        "clv",
        "value_at_risk",
    )
}
_PAST = {
    **_SIDE,
    "as_of": "2026-09-01",
    "batch": 12,
    "model_version": "3",
    "eligible": True,
    "clv_low": 0.0,
    "clv_high": 342.5,
}
CUSTOMER: dict[str, Any] = {
    **SCORE,
    "batch": BATCH,
    "attributes": {"country": "MY"},
    "own_segments": ["winback"],
    "history": [
        {**_PAST, "as_of": "2026-08-31", "batch": 11, "risk_band": "medium", "churn_probability": 0.52},
        _PAST,
    ],
    "reliability": {
        "sentence": "Of 812 customers scored 0.6 to 0.7 on 2026-06-03, 64% did not return within 90 days.",
        "low": 0.6,
        "high": 0.7,
        "customers": 812,
        "churned": 520,
        "share": 0.64,
        "mean_probability": 0.648,
    },
}
_EXPORT_LATER = (
    "finished_at",
    "file",
    "as_of",
    "scored_at",
    "model_version",
    "batch",
    "columns",
    "rows",
    "bytes",
    "sha256",
)
_EXPORT: dict[str, Any] = {
    "id": "5f0c2b7e9a1d4c36",
    "status": "done",
    "requested_at": "2026-09-01T06:00:00Z",
    "finished_at": "2026-09-01T06:00:02Z",
    "format": "csv",
    "preset": "hubspot",
    "raw": False,
    "error": None,
    "file": "/v1/exports/5f0c2b7e9a1d4c36/file",
    "as_of": "2026-09-01",
    "scored_at": "2026-09-01T02:10:00Z",
    "model_version": "3",
    "batch": 12,
    "columns": ["Customer ID", "Churn Probability", "Churn Risk Band"],
    "rows": 1170,
    "bytes": 214883,
    "sha256": "9b74c9897bac770ffc029102a200c5de5d1a1c1b0f8e2d3b6c0e4f7a8d9b0c1e",
}
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

_COSTS: dict[str, Any] = {"contact_cost": 1.5, "offer_cost": 10.0, "accept_rate": 0.3}
_PLAN: dict[str, Any] = {
    "size": 812,
    "expected_churners": 527.8,
    "expected_saves": 158.3,
    "expected_cost": 4999.2,
    "highest_cost": 9338.0,
    "expected_profit": 11402.7,
}
_CUTOFF: dict[str, Any] = {
    "size": 1650,
    "lowest_churn_probability": 0.31,
    "churners_reached": 980.4,
    "churners_share": 0.41,
    "non_churners_bothered": 669.6,
    "saves": 294.1,
    "cost": 12113.0,
    "profit": 15320.5,
}
_LIFT: dict[str, Any] = {
    "measured_at": "2026-12-20T03:00:00Z",
    "as_of": "2026-12-20",
    "verdict": "raised",
    "sentence": "Contacting brought more customers back. 31.0% of 731 contacted came back and 19.8% of 81 held back: "
    "+11.3 points, between +1.0 and +19.4.",
    "waiting": 0,
    "left_out": 1,
    "treated": {"customers": 731, "returned": 227, "return_rate": 0.31, "spend": 24.1},
    "control": {"customers": 81, "returned": 16, "return_rate": 0.198, "spend": 14.8},
    "return_rate": {"value": 0.113, "low": 0.01, "high": 0.194},
    "spend": {"value": 9.3, "low": 0.4, "high": 18.2},
    "returns": {"value": 82.6, "low": 7.3, "high": 141.8},
    "revenue": {"value": 6798.3, "low": 292.4, "high": 13304.2},
    "cost": 3366.5,
    "profit": {"value": 3431.8, "low": -3074.1, "high": 9937.7},
    "detectable": 0.149,
}
_CAMPAIGN: dict[str, Any] = {
    "name": "spring",
    "created_at": "2026-09-01T08:00:00Z",
    "as_of": "2026-09-01",
    "model_version": "3",
    "churn_window_days": 90,
    "margin": 1.0,
    **_COSTS,
    "budget": 5000.0,
    "control_share": 0.1,
    "treated": 731,
    "control": 81,
    "first_contact_at": "2026-09-01T08:00:00Z",
    "last_contact_at": "2026-09-01T08:00:00Z",
    "plan": _PLAN,
    "outcome": None,
}
_DRAWN: dict[str, Any] = {**_CAMPAIGN, "arms": {"treated": ["C-1001"], "control": ["C-1002"]}}

ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/customers/{customer_id}": CUSTOMER,
    "/v1/customers": CUSTOMER,
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
    "/v1/at-risk": {**_PAGE, "plan": {**_PLAN, "costs": _COSTS, "budget": 5000.0}},
    "/v1/cutoffs": {
        **_HEAD,
        "batch": BATCH,
        "customers": 12010,
        "costs": _COSTS,
        "cutoffs": [_CUTOFF],
        "best": _CUTOFF,
        "expected_empc": {
            "profit": 12.6,
            "fraction": 0.58,
            "clv": 200.0,
            "offer_cost": 10.0,
            "contact_cost": 1.0,
            "alpha": 6.0,
            "beta": 14.0,
        },
    },
    "/v1/contacts": {
        "campaign": "spring",
        "recorded": 1,
        "known": 0,
        "refused": 1,
        "results": [
            {"customer_id": "C-1001", "status": "recorded"},
            {"customer_id": "C-1002", "status": "refused", "error": _UNKNOWN},
        ],
    },
    "GET /v1/campaigns": {"campaigns": [{**_CAMPAIGN, "outcome": _LIFT}]},
    "POST /v1/campaigns": _DRAWN,
    "/v1/campaigns/{name}": {**_DRAWN, "outcome": _LIFT},
    "/v1/segments/{segment}/customers": _PAGE,
    "/v1/exports": {
        **_EXPORT,
        **dict.fromkeys(_EXPORT_LATER),
        "status": "waiting",
    },
    "/v1/exports/{export_id}": _EXPORT,
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
        "own": [
            {
                "name": "winback",
                "rule": "churn_probability > 0.6 and clv >= 100",
                "customers": 412,
                "scored": 412,
                "clv": 71230.0,
                "value_at_risk": 52118.4,
                "churn_probability": 0.74,
                "bands": {"medium": 90, "high": 322},
            }
        ],
    },
    "/v1/changes": {
        **_HEAD,
        "batch": BATCH,
        "batches": [
            {
                "sequence": 12,
                "as_of": "2026-09-01",
                "model_version": "3",
                "reason": "new_data",
                "added": 41,
                "changed": 388,
                "removed": 0,
                "left_out": 0,
            }
        ],
        "changes": [
            {
                "customer_id": "C-1001",
                "kind": "changed",
                "batch": 12,
                "as_of": "2026-09-01",
                "reason": "new_data",
                "before": {**_SIDE, "risk_band": "medium", "churn_probability": 0.52, "value_at_risk": 68.0},
                "after": _SIDE,
                "entered": ["winback"],
                "exited": [],
            }
        ],
        "next_cursor": "u0Zb5V0m...WzEyLDEuMCwiIl0",
        "has_more": False,
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
        "evidence": {
            "as_of": "2026-06-03",
            "window_days": 90,
            "customers": 12010,
            "reliability": [
                {"low": 0.6, "high": 0.7, "customers": 2104, "churned": 1391, "mean_probability": 0.652}
            ],
            "gains": [{"share": 0.1, "captured": 0.18, "by_silence": 0.15}],
            "deciles": [{"decile": 10, "customers": 1201, "predicted": 412.6, "actual": 398.1}],
            "interval": {"above_high": 0.098, "below_low": 0.081},
            "empc": {"profit": 9.84, "fraction": 0.41, "by_silence": 9.12},
            "peers": [
                {
                    "forecaster": "Tenure",
                    "roc_auc": 0.78,
                    "log_loss": 0.47,
                    "normalized_gini": 0.71,
                    "total_bias": 0.02,
                }
            ],
        },
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
    "/v1/contacts": {
        "campaign": "spring",
        "contacts": [
            {"customer_id": "C-1001", "contacted_at": "2026-09-01T08:00:00Z"},
            {"customer_id": "C-1002"},
        ],
    },
    "/v1/campaigns": {
        "name": "spring",
        "filters": {"band": "high"},
        **_COSTS,
        "budget": 5000.0,
        "control_share": 0.1,
    },
    "/v1/exports": {"format": "csv", "preset": "hubspot", "filters": {"band": "high", "min_clv": 50.0}},
}
"""What each address that takes a body is sent."""
