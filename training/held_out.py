"""A past date held out: what the recipe would have said then, knowing no more, beside what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.plan import plan_features
from models.horizons import Horizons
from models.standing import asked, has_contracts
from models.tenure_model import TenureModel
from training.learn import Tell, learn
from training.past import Past
from training.peers import PeerView

LEAST_HISTORY_DAYS = 30
LEAST_CUSTOMERS = 100
LEAST_OF_EACH = 25


TOO_LITTLE = "Too little data to grade: "


@dataclass(frozen=True)
class HeldOut:
    """One past date and window: one row per customer known then.

    `judged`: `customer_id, returned, p_return, spend, clv, clv_median, clv_low, clv_high`, in shop currency,
    neither discounted nor times margin; and `frequency`, `days_since_last_purchase`. `view` is what a peer may know,
    `model` the one that answered, and `expected_purchases` its purchase days in the window.
    """

    as_of: date
    window_days: int
    judged: pd.DataFrame
    view: PeerView
    model: TenureModel
    expected_purchases: "pd.Series[float]"


def hold_out(
    past: Past, as_of: date, window_days: int, attributes: Sequence[str], tell: Tell
) -> HeldOut | str:
    """Answer as on the date one window before `as_of`; a sentence with the numbers where too little is there.

    The peers learn from the window before that, so two windows must fit.
    """
    then = as_of - timedelta(days=window_days)
    first_day = past.first_day() or as_of
    if (then - first_day).days < window_days + LEAST_HISTORY_DAYS:
        return (
            f"{TOO_LITTLE}two windows of {window_days} days after {LEAST_HISTORY_DAYS} days of "
            f"history do not fit into the {(as_of - first_day).days} days since the first purchase."
        )
    plan = plan_features(past.shop, then, window_days, attributes)
    everybody = past.state(then, plan).features
    features, labels = decided(everybody, past.labels(then, window_days), window_days)
    returned = np.where(labels["purchase_days"] > 0, 1.0, 0.0)
    came, left = int(returned.sum()), int((1 - returned).sum())
    if len(features) < LEAST_CUSTOMERS or min(came, left) < LEAST_OF_EACH:
        did = "renewed" if has_contracts(features) else "came back"
        return (
            f"{TOO_LITTLE}of {len(features):,} customers known on {then}, {came:,} {did} "
            f"within {window_days} days and {left:,} did not; a grade needs {LEAST_CUSTOMERS} customers, "
            f"{LEAST_OF_EACH} of each kind."
        )
    horizons = Horizons(churn_window_days=window_days, clv_horizon_days=window_days)
    model = learn(past, then, plan, horizons, tell)
    past.rehearsals[then, window_days] = model
    answers = model.answer(features, then)
    judged = answers[["customer_id", "clv", "clv_median", "clv_low", "clv_high"]].assign(
        returned=returned,
        p_return=1 - answers["churn_probability"],
        spend=labels["spend"].to_numpy(dtype=float),
        frequency=features["frequency"],
        days_since_last_purchase=features["days_since_last_purchase"],
    )
    earlier_day = then - timedelta(days=window_days)
    earlier_features, earlier_labels = decided(
        past.state(earlier_day, plan).features, past.labels(earlier_day, window_days), window_days
    )
    earlier = earlier_features.assign(
        returned=np.where(earlier_labels["purchase_days"] > 0, 1.0, 0.0),
        spend=earlier_labels["spend"].to_numpy(dtype=float),
    )
    view = PeerView(features, earlier, window_days, past.seed, everybody)
    return HeldOut(then, window_days, judged, view, model, answers["expected_purchases"])


def decided(
    features: pd.DataFrame, labels: pd.DataFrame, window_days: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows, the same of both, of customers about whom the window decides something."""
    if not has_contracts(features):
        return features, labels
    kept = asked(features, window_days)
    return features[kept].reset_index(drop=True), labels[kept].reset_index(drop=True)
