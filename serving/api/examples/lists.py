"""Examples of lists and segments."""

from typing import Any

from serving.api.examples.common import BATCH, HEAD, SCORE

PAGE = {**HEAD, "batch": BATCH, "customers": [SCORE], "next_cursor": "u0Zb5V0m...WzEyLDg0LjFd"}

ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/segments/{segment}/customers": PAGE,
    "/v1/segments": {
        **HEAD,
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
}
