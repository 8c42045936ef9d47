"""Examples of plans, contacts and campaigns."""

from typing import Any

from serving.api.examples.common import BATCH, HEAD
from serving.api.examples.customers import UNKNOWN
from serving.api.examples.lists import PAGE

COSTS: dict[str, Any] = {"contact_cost": 1.5, "offer_cost": 10.0, "accept_rate": 0.3}

PLAN: dict[str, Any] = {
    "size": 812,
    "expected_churners": 527.8,
    "expected_saves": 158.3,
    "expected_cost": 4999.2,
    "highest_cost": 9338.0,
    "expected_profit": 11402.7,
}

CUTOFF: dict[str, Any] = {
    "size": 1650,
    "lowest_churn_probability": 0.31,
    "churners_reached": 980.4,
    "churners_share": 0.41,
    "non_churners_bothered": 669.6,
    "saves": 294.1,
    "cost": 12113.0,
    "profit": 15320.5,
}

LIFT: dict[str, Any] = {
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

CAMPAIGN: dict[str, Any] = {
    "name": "spring",
    "created_at": "2026-09-01T08:00:00Z",
    "as_of": "2026-09-01",
    "model_version": "3",
    "churn_window_days": 90,
    "margin": 1.0,
    **COSTS,
    "budget": 5000.0,
    "control_share": 0.1,
    "treated": 731,
    "control": 81,
    "first_contact_at": "2026-09-01T08:00:00Z",
    "last_contact_at": "2026-09-01T08:00:00Z",
    "plan": PLAN,
    "outcome": None,
}

DRAWN: dict[str, Any] = {**CAMPAIGN, "arms": {"treated": ["C-1001"], "control": ["C-1002"]}}

ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/at-risk": {**PAGE, "plan": {**PLAN, "costs": COSTS, "budget": 5000.0}},
    "/v1/cutoffs": {
        **HEAD,
        "batch": BATCH,
        "customers": 12010,
        "costs": COSTS,
        "cutoffs": [CUTOFF],
        "best": CUTOFF,
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
            {"customer_id": "C-1002", "status": "refused", "error": UNKNOWN},
        ],
    },
    "GET /v1/campaigns": {"campaigns": [{**CAMPAIGN, "outcome": LIFT}]},
    "POST /v1/campaigns": DRAWN,
    "/v1/campaigns/{name}": {**DRAWN, "outcome": LIFT},
}

BODIES: dict[str, dict[str, Any]] = {
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
        **COSTS,
        "budget": 5000.0,
        "control_share": 0.1,
    },
}
