"""Two models on the same past date and the same customers: what each says, beside what happened."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from features.plan import FeaturePlan
from models.standing import asked
from models.tenure_model import TenureModel
from training.past import Past

How = Literal["unseen", "rehearsed", "registered"]

LEAST_CUSTOMERS = 30


@dataclass(frozen=True)
class Meeting:
    """Two models and one past window; `how` they met is told in `training.contest`, `plan` is the challenger's.

    `both`: one row per customer, `customer_id, returned, spend, p_return_challenger, clv_challenger,
    p_return_champion, clv_champion`, sorted by id.
    """

    how: How
    as_of: date
    window_days: int
    plan: FeaturePlan
    both: pd.DataFrame


def meet(
    past: Past, how: How, as_of: date, window_days: int, challenger: TenureModel, champion: TenureModel
) -> Meeting | None:
    """What both say of the customers known on a date; None where they are too few."""
    first_day = past.first_day()
    if first_day is None or first_day >= as_of:
        return None
    labels = past.labels(as_of, window_days)
    if len(labels) < LEAST_CUSTOMERS:
        return None
    returned = np.where(labels["purchase_days"] > 0, 1.0, 0.0)
    known = labels[["customer_id"]].assign(returned=returned, spend=labels["spend"].astype(float))
    both = known.merge(
        _forecast(past, challenger, as_of, window_days), on="customer_id", validate="one_to_one"
    ).merge(
        _forecast(past, champion, as_of, window_days),
        on="customer_id",
        validate="one_to_one",
        suffixes=("_challenger", "_champion"),
    )
    return Meeting(how, as_of, window_days, challenger.plan, both)


def _forecast(past: Past, model: TenureModel, as_of: date, window_days: int) -> pd.DataFrame:
    """By customer: the chance to return, and the value; from the features of the model's own plan.

    Of customers about whom the window decides something: all, but in a shop of contracts.
    """
    features = past.features(as_of, model.plan)
    answers = model.answer(features[asked(features, window_days)].reset_index(drop=True), as_of)
    return answers[["customer_id", "clv"]].assign(p_return=1 - answers["churn_probability"])
