"""Which part of a purchase history moves the purchase models' answer, and by how much."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from models.cells import Floats

FREQUENCY, AGE, SILENCE = "frequency", "T", "silence_log_ratio"
BASELINE = "baseline"


@dataclass(frozen=True)
class TypicalHistory:
    """The median purchase history of the training's customers, against which each one's is held."""

    frequency: float
    T: float

    @classmethod
    def of(cls, features: pd.DataFrame) -> Self:
        """The medians over a table with the two columns, one row per customer."""
        return cls(float(features[FREQUENCY].median()), float(features[AGE].median()))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The history that `to_json` wrote; older models kept one more number."""
        return cls(stored[FREQUENCY], stored[AGE])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {FREQUENCY: self.frequency, AGE: self.T}


def share_history(
    logit: Callable[[Floats, Floats, Floats], Floats],
    features: pd.DataFrame,
    typical: TypicalHistory,
    gap_days: float,
) -> pd.DataFrame:
    """What each part of a customer's history adds to their `logit(frequency, recency, T)`, and `baseline`.

    One row per row of `features`, and rows add up to the customer's own logit. The baseline is the logit of
    the typical customer who is on time: whose last purchase is as long ago as one of that age and frequency
    usually waits, drawn to the shop's typical `gap_days`. Frequency and age take the mean of the two orders in
    which they can replace the typical ones, still on time. The silence comes last: what it changes for a
    customer of just this frequency and age. Held against the median silence instead, a good customer who has
    stopped would be told to be at risk because they bought often.
    """
    own = features[[FREQUENCY, "days_since_last_purchase", AGE]].to_numpy(dtype=float)
    frequency, silence, age = own.T
    usual_frequency = np.full(len(own), typical.frequency)
    usual_age = np.full(len(own), typical.T)

    def on_time(frequency: Floats, age: Floats) -> Floats:
        return logit(*_on_time(frequency, age, gap_days))

    baseline = on_time(usual_frequency, usual_age)
    as_often, as_old = on_time(frequency, usual_age), on_time(usual_frequency, age)
    both = on_time(frequency, age)
    recency = np.where(frequency > 0, np.maximum(age - (silence - 1.0), 0.0), 0.0)
    return pd.DataFrame(
        {
            FREQUENCY: ((as_often - baseline) + (both - as_old)) / 2,
            AGE: ((as_old - baseline) + (both - as_often)) / 2,
            SILENCE: logit(frequency, recency, age) - both,
            BASELINE: baseline,
        },
        index=features.index,
    )


def _on_time(frequency: Floats, age: Floats, gap_days: float) -> tuple[Floats, Floats, Floats]:
    """Frequency, recency and T of customers who last bought one usual gap ago.

    A customer of one purchase is on time while they are as new as the shop's typical gap.
    """
    wait = np.minimum((age + 2.0 * gap_days) / (frequency + 3.0), age + 1.0)
    bought_once = frequency <= 0
    return (
        frequency,
        np.where(bought_once, 0.0, age - (wait - 1.0)),
        np.where(bought_once, np.minimum(age, gap_days), age),
    )
