"""Value tiers: how a customer's expected value compares with the shop's other customers."""

from typing import Annotated, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.ranks import level
from models.words import words_where

Share = Annotated[float, Field(gt=0, lt=1)]
NAMES = np.array(["low", "medium", "high", "top"], dtype=object)


class TierRules(BaseModel):
    """Shares of the customers: the most valuable are `top`, the next `high`, then `medium`; the rest low.

    A customer changes the tier of the batch before only where clv is beyond the edge by more than the share
    `hysteresis` of it; see models.steadiness.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    top: Share = 0.1
    high: Share = 0.2
    medium: Share = 0.3
    hysteresis: Annotated[float, Field(ge=0, le=0.5)] = 0.05

    @model_validator(mode="after")
    def _check_sum(self) -> Self:
        total = self.top + self.high + self.medium
        if total >= 1:
            raise ValueError(f"top, high and medium add up to {total:.3g}; something must be left for low")
        return self


def learn_tiers(clv: "pd.Series[float]", rules: TierRules) -> tuple[float, ...]:
    """The values at which medium, high and top begin; none if no value is known."""
    known = clv.dropna().to_numpy(dtype=float)
    if not len(known):
        return ()
    starts = np.array([1 - rules.top - rules.high - rules.medium, 1 - rules.top - rules.high, 1 - rules.top])
    return tuple(float(edge) for edge in np.quantile(known, starts.clip(0, 1)))


def assign_tiers(clv: "pd.Series[float]", edges: tuple[float, ...]) -> "pd.Series[str]":
    """top, high, medium or low; empty without a value. Where all are worth the same, all are medium."""
    value = clv.to_numpy(dtype=float)
    return words_where(~np.isnan(value), NAMES[level(value, edges).clip(0, 3)], clv.index)
