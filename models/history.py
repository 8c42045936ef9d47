"""Which part of a purchase history moves the purchase models' answer, and by how much."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import factorial
from typing import Any, Self

import numpy as np
import pandas as pd

from models.cells import Floats

PARTS = ("frequency", "days_since_last_purchase", "T")
BASELINE = "baseline"


@dataclass(frozen=True)
class TypicalHistory:
    """The median purchase history of the training's customers, against which each one's is held."""

    frequency: float
    days_since_last_purchase: float
    T: float

    @classmethod
    def of(cls, features: pd.DataFrame) -> Self:
        """The medians over a table with the three columns, one row per customer."""
        return cls(*(float(features[part].median()) for part in PARTS))

    def to_json(self) -> dict[str, Any]:
        """Plain values; `TypicalHistory(**stored)` is the way back."""
        return {part: getattr(self, part) for part in PARTS}


def share_history(
    logit: Callable[[Floats, Floats, Floats], Floats], features: pd.DataFrame, typical: TypicalHistory
) -> pd.DataFrame:
    """What each part of a customer's history adds to their `logit(frequency, recency, T)`, and `baseline`.

    One row per row of `features`, and rows add up to the customer's own logit. The baseline is the logit of
    the typical history; the parts are Shapley values, the mean difference that a part makes when the
    customer's parts replace the typical ones in all six orders.
    """
    own = features[list(PARTS)].to_numpy(dtype=float)
    usual = np.array([typical.frequency, typical.days_since_last_purchase, typical.T])
    coalitions = list(product((False, True), repeat=len(PARTS)))
    mixed = np.concatenate([np.where(coalition, own, usual) for coalition in coalitions])
    answers = dict(zip(coalitions, np.split(logit(*_history(mixed)), len(coalitions)), strict=True))

    shares = pd.DataFrame(0.0, index=features.index, columns=[*PARTS, BASELINE])
    shares[BASELINE] = answers[False, False, False]
    for number, part in enumerate(PARTS):
        for without in coalitions:
            if not without[number]:
                joined = (*without[:number], True, *without[number + 1 :])
                shares[part] += _weight(sum(without)) * (answers[joined] - answers[without])
    return shares


def _history(parts: Floats) -> tuple[Floats, Floats, Floats]:
    """Frequency, recency and T of mixed parts; nobody is silent for longer than they have been customers."""
    frequency, silence, age = parts.T
    recency = np.where(frequency > 0, np.maximum(age - (silence - 1.0), 0.0), 0.0)
    return frequency, recency, age


def _weight(others: int) -> float:
    """The share of the orders of joining in which exactly these others come before."""
    rest = len(PARTS) - 1 - others
    return factorial(others) * factorial(rest) / factorial(len(PARTS))
