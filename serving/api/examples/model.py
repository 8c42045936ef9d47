"""Examples of what is told of the model, and of health."""

from typing import Any

from serving.api.examples.common import BATCH, HEAD

ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/model": {
        **HEAD,
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
    "/readyz": {"status": "ready", **HEAD},
}
