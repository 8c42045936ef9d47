"""Examples of exports."""

from typing import Any

EXPORT_LATER = (
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

EXPORT: dict[str, Any] = {
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

ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/exports": {
        **EXPORT,
        **dict.fromkeys(EXPORT_LATER),
        "status": "waiting",
    },
    "/v1/exports/{export_id}": EXPORT,
}

BODIES: dict[str, dict[str, Any]] = {
    "/v1/exports": {"format": "csv", "preset": "hubspot", "filters": {"band": "high", "min_clv": 50.0}},
}
