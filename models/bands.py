"""Risk bands and percentiles of the churn probability."""

from typing import Annotated, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.ranks import level
from models.words import words_where

Probability = Annotated[float, Field(gt=0, lt=1)]


class BandRules(BaseModel):
    """The churn probabilities at which a band begins; the same in every shop, so that "high" is high.

    Who was in another band in the batch before changes it only where the probability is beyond the edge by
    more than `hysteresis`; see models.steadiness.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    medium: Probability = 0.4
    high: Probability = 0.7
    hysteresis: Annotated[float, Field(ge=0, le=0.2)] = 0.02

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.medium >= self.high:
            raise ValueError(f"medium = {self.medium} must be below high = {self.high}")
        return self


def assign_bands(churn_probability: "pd.Series[float]", rules: BandRules) -> "pd.Series[str]":
    """low, medium or high; empty without a probability."""
    churn = churn_probability.to_numpy(dtype=float)
    bands = np.select([churn >= rules.high, churn >= rules.medium], ["high", "medium"], "low")
    return words_where(~np.isnan(churn), bands, churn_probability.index)


def assign_percentiles(churn_probability: "pd.Series[float]", edges: tuple[float, ...]) -> "pd.Series[int]":
    """1 (safest) to 100 (riskiest) among the customers of the training; empty without a probability."""
    churn = churn_probability.to_numpy(dtype=float)
    percentile = np.clip(1 + level(churn, edges), 1, 100)
    return pd.Series(pd.arrays.IntegerArray(percentile, np.isnan(churn)), index=churn_probability.index)
