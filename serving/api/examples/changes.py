"""Examples of the feed of changes."""

from typing import Any

from serving.api.examples.common import BATCH, HEAD, SCORE

SIDE = {
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

ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/changes": {
        **HEAD,
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
                "before": {**SIDE, "risk_band": "medium", "churn_probability": 0.52, "value_at_risk": 68.0},
                "after": SIDE,
                "entered": ["winback"],
                "exited": [],
            }
        ],
        "next_cursor": "u0Zb5V0m...WzEyLDEuMCwiIl0",
        "has_more": False,
    },
}
