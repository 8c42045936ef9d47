"""A past date held out: what the recipe would have said then, knowing no more, beside what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.plan import FeaturePlan, plan_features
from models.cells import Floats
from models.horizons import Horizons
from models.standing import asked, has_contracts
from models.tenure_model import TenureModel
from training.learn import Tell, learn
from training.past import Past
from training.peers import PeerView
from training.question import Question

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
    if not peers_fit(first_day, then, window_days):
        return (
            f"{TOO_LITTLE}two windows of {window_days} days after {LEAST_HISTORY_DAYS} days of "
            f"history do not fit into the {(as_of - first_day).days} days since the first purchase."
        )
    plan = plan_features(past.shop, then, window_days, attributes)
    features, labels = decided(past.features(then, plan), past.labels(then, window_days), window_days)
    returned = np.where(labels["purchase_days"] > 0, 1.0, 0.0)
    came, left = int(returned.sum()), int((1 - returned).sum())
    if not enough_to_grade(returned):
        return (
            f"{TOO_LITTLE}of {len(features):,} customers known on {then}, {came:,} {Question.of(features).done} "
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
    view = view_on(past, then, plan, window_days)
    return HeldOut(then, window_days, judged, view, model, answers["expected_purchases"])


def peers_fit(first_day: date, as_of: date, window_days: int) -> bool:
    """Whether a window lies before `as_of` from which the peers can learn."""
    return (as_of - first_day).days >= window_days + LEAST_HISTORY_DAYS


def enough_to_grade(returned: Floats) -> bool:
    """Whether so many customers returned (1) and stayed away (0) that a letter says something."""
    came = int(returned.sum())
    return len(returned) >= LEAST_CUSTOMERS and min(came, len(returned) - came) >= LEAST_OF_EACH


def view_on(past: Past, as_of: date, plan: FeaturePlan, window_days: int) -> PeerView:
    """What a peer may know on `as_of`, before which `peers_fit`."""
    everybody = past.features(as_of, plan)
    features, _ = decided(everybody, past.labels(as_of, window_days), window_days)
    earlier_day = as_of - timedelta(days=window_days)
    earlier, labels = decided(
        past.features(earlier_day, plan), past.labels(earlier_day, window_days), window_days
    )
    earlier = earlier.assign(
        returned=np.where(labels["purchase_days"] > 0, 1.0, 0.0),
        spend=labels["spend"].to_numpy(dtype=float),
    )
    return PeerView(features, earlier, window_days, past.seed, everybody)


def decided(
    features: pd.DataFrame, labels: pd.DataFrame, window_days: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows, the same of both, of customers about whom the window decides something."""
    if not has_contracts(features):
        return features, labels
    kept = asked(features, window_days)
    return features[kept].reset_index(drop=True), labels[kept].reset_index(drop=True)
