"""How published scores really did, once their window is over: beside what training had promised."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from models.cells import Floats
from models.horizons import Horizons
from training import metrics
from training.bootstrap import REPETITIONS, Metric
from training.past import Past

LEAST_CUSTOMERS = 100
LEAST_OF_EACH = 25

SLACK = {"log_loss": 0.02, "roc_auc": -0.02, "ece": 0.02}
"""So much worse than promised is still no reason to retrain, however sure it is."""


@dataclass(frozen=True)
class Served:
    """A kept batch: `scores` holds `customer_id, churn_probability, clv` of those who got a score.

    `promised` are the metrics that training had measured on a held-out date for the version that answered;
    empty where it could not. Scores that are no longer kept are recomputed by the version that gave them.
    """

    as_of: date
    model_version: str
    horizons: Horizons
    scores: pd.DataFrame
    promised: Mapping[str, float]
    is_recomputed: bool


@dataclass(frozen=True)
class Aftermath:
    """What became of one batch's scores: measured, with what had been promised, and what is worse.

    `complaints` are sentences, one for each metric that is worse than promised beyond noise and slack.
    """

    as_of: date
    model_version: str
    is_recomputed: bool
    customers: int
    measured: Mapping[str, float]
    promised: Mapping[str, float]
    complaints: tuple[str, ...]


def look_after(past: Past, served: Served) -> Aftermath | None:
    """Hold a batch whose window is over against what its customers did; None where they are too few to tell."""
    window = served.horizons.churn_window_days
    labels = past.labels(served.as_of, window)
    both = served.scores.merge(labels, on="customer_id", validate="one_to_one")
    returned = np.where(both["purchase_days"] > 0, 1.0, 0.0)
    p_return = 1 - both["churn_probability"].to_numpy(dtype=float)
    if len(both) < LEAST_CUSTOMERS or min(returned.sum(), (1 - returned).sum()) < LEAST_OF_EACH:
        return None
    measured = {
        "returned_share": float(returned.mean()),
        "expected_share": float(p_return.mean()),
        "log_loss": metrics.log_loss(returned, p_return),
        "roc_auc": metrics.roc_auc(returned, p_return),
        "ece": metrics.ece(returned, p_return),
        "ece_noise_floor": metrics.ece_noise_floor(p_return),
        "normalized_gini": metrics.normalized_gini(
            both["spend"].to_numpy(dtype=float), both["clv"].to_numpy(dtype=float)
        ),
    }
    known = {name: value for name, value in measured.items() if np.isfinite(value)}
    complaints = _complaints(served, returned, p_return, known, past.seed)
    return Aftermath(
        served.as_of,
        served.model_version,
        served.is_recomputed,
        len(both),
        known,
        served.promised,
        complaints,
    )


def _complaints(
    served: Served, returned: Floats, p_return: Floats, measured: Mapping[str, float], seed: int
) -> tuple[str, ...]:
    """Worse by more than chance and slack. The promise was measured on a sample too, so chance counts twice."""
    found = []
    asked: list[tuple[str, Metric]] = [("log_loss", metrics.log_loss), ("roc_auc", metrics.roc_auc)]
    for name, metric in asked:
        if name not in served.promised:
            continue
        noise = 1.96 * np.sqrt(2) * _spread(returned, p_return, metric, seed)
        worse = (measured[name] - served.promised[name]) * np.sign(SLACK[name])
        if worse > noise + abs(SLACK[name]):
            found.append(
                f"the scores of {served.as_of} had a {name} of {measured[name]:.3f}, and training had promised "
                f"{served.promised[name]:.3f} (chance explains {noise:.3f})"
            )
    promised_ece = served.promised.get("ece", 0.0)
    allowed = max(promised_ece, 2 * measured["ece_noise_floor"]) + SLACK["ece"]
    if measured["ece"] > allowed:
        found.append(
            f"the scores of {served.as_of} expected {measured['expected_share']:.1%} of the customers to return "
            f"and {measured['returned_share']:.1%} did: their calibration error is {measured['ece']:.3f}, and "
            f"{allowed:.3f} is allowed"
        )
    return tuple(found)


def _spread(returned: Floats, p_return: Floats, metric: Metric, seed: int) -> float:
    """The standard error of a metric over customers."""
    generator = np.random.default_rng(seed)
    draws = []
    for _ in range(REPETITIONS):
        rows = generator.integers(len(returned), size=len(returned))
        draws.append(metric(returned[rows], p_return[rows]))
    return float(np.nanstd(draws))
