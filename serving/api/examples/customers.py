"""Examples of calls about customers."""

from typing import Any

from serving.api.examples.changes import SIDE
from serving.api.examples.common import BATCH, HEAD, SCORE

PAST = {
    **SIDE,
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
        {**PAST, "as_of": "2026-08-31", "batch": 11, "risk_band": "medium", "churn_probability": 0.52},
        PAST,
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

UNKNOWN = {
    "type": "/docs#unknown-customer",
    "title": "Unknown customer",
    "detail": "The latest batch does not know this customer.",
}

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
    "/v1/customers/{customer_id}": CUSTOMER,
    "/v1/customers": CUSTOMER,
    "/v1/predict": {
        **HEAD,
        "batch": BATCH,
        "results": [
            {"customer_id": "C-1001", "score": SCORE},
            {"customer_id": "C-1002", "error": UNKNOWN},
        ],
    },
    "/v1/score": {
        **HEAD,
        "scored_at": "2026-09-01T02:10:00Z",
        "horizons": BATCH["horizons"],
        "results": [{"customer_id": "C-1001", "score": SCORE}],
    },
}

BODIES: dict[str, dict[str, Any]] = {
    "/v1/predict": {"customer_ids": ["C-1001", "C-1002"]},
    "/v1/score": HISTORY,
}
