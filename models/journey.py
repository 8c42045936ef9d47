"""Where a customer stands on the way from awareness to retention."""

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from models.cells import Floats

STAGES = ("awareness", "consideration", "purchase", "onboarding", "engagement", "advocacy", "retention")
PROMOTER = 9.0  # of 10, on the question whether one would recommend the shop


class JourneyRules(BaseModel):
    """The days after the first purchase that count as purchase and as onboarding, and when one has lapsed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purchase_days: Annotated[int, Field(ge=1, le=3650)] = 14
    onboarding_days: Annotated[int, Field(ge=1, le=3650)] = 90
    lapsed_after_gaps: Annotated[float, Field(gt=0, le=100)] = 2.0


def assign_stages(features: pd.DataFrame, rules: JourneyRules) -> "pd.Series[str]":
    """The first of these that is true of a customer.

    awareness, consideration: no purchase yet, without and with interactions.
    purchase: first bought within the last `purchase_days`.
    onboarding: first bought within the last `onboarding_days`.
    retention: silent for more than `lapsed_after_gaps` times their usual gap, and to be won back.
    advocacy: referred someone, wrote a review or answered as a promoter within a year.
    engagement: everyone else, who buys at their own pace.
    """
    bought = _column(features, "purchase_day_count") > 0
    since_first = _column(features, "T") + 1  # T counts from the first purchase to the eve of as_of
    seen = _column(features, "engagement_count_365d") > 0
    lapsed = _column(features, "silence_log_ratio") > np.log(rules.lapsed_after_gaps)
    speaks = (_column(features, "referral__count_365d") > 0) | (_column(features, "review__count_365d") > 0)
    promotes = _column(features, "survey_nps__score_mean_365d") >= PROMOTER
    stages = np.select(
        [
            ~bought & ~seen,
            ~bought,
            since_first <= rules.purchase_days,
            since_first <= rules.onboarding_days,
            lapsed,
            speaks | promotes,
        ],
        ["awareness", "consideration", "purchase", "onboarding", "retention", "advocacy"],
        "engagement",
    )
    return pd.Series(stages, index=features.index, dtype="str")


def _column(features: pd.DataFrame, name: str) -> Floats:
    """A column, which some shops lack: those without such interactions. What is missing is above nothing."""
    if name not in features:
        return np.full(len(features), np.nan)
    return features[name].to_numpy(dtype=float)
