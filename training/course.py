"""What the customers of the training did since, beside what the purchase models expected of them.

Long before a window is over, this shows a shop that has changed its course: half the purchases, or twice the
spend on each. How far a shop strays from the models' expectation in its usual course is measured on past dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from models.cells import Floats

LEAST_DAYS = 7
LEAST_PURCHASES = 25.0
SLACK = 1.25  # a quarter more or less than the usual course is no reason to retrain
CERTAINTY = 3.3  # standard errors: one in a thousand


class Expecting(Protocol):
    """Purchase models, as far as a course needs them."""

    def outlook(self, features: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
        """`btyd_purchases` in the horizon, and `btyd_spend` on a purchase day, by customer."""


@dataclass(frozen=True)
class Course:
    """What happened and what was expected in `days`; `error` is the standard error of their ratio, relative."""

    name: str
    days: int
    actual: float
    expected: float
    error: float

    @property
    def ratio(self) -> float:
        """What happened over what was expected."""
        return self.actual / self.expected

    def strays(self, usual: Mapping[int, float]) -> bool:
        """Whether it is beyond chance, slack and all ratios of past courses, which are given by their days."""
        low, high = self.allowed(usual)
        return not low <= self.ratio <= high

    def allowed(self, usual: Mapping[int, float]) -> tuple[float, float]:
        """The ratios that do not stray."""
        room = SLACK * float(np.exp(CERTAINTY * self.error))
        return min(1.0, *usual.values(), 1.0) / room, max(1.0, *usual.values(), 1.0) * room


def measure_courses(
    features: pd.DataFrame, labels: pd.DataFrame, purchases: Expecting, days: int
) -> tuple[Course, ...]:
    """The purchase days, and the spend on them, of customers in the days after their `features`.

    `labels` are what they did in those days, row by row; nothing where the days or the purchases are too few.
    """
    if days < LEAST_DAYS or not len(features):
        return ()
    outlook = purchases.outlook(features, days)
    bought = labels["purchase_days"].to_numpy(dtype=float)
    spent = labels["spend"].to_numpy(dtype=float)
    expected = outlook["btyd_purchases"].to_numpy(dtype=float)
    if not expected.sum() >= LEAST_PURCHASES:
        return ()
    found = [_course("purchase days", days, bought, expected)]
    on_those_days = outlook["btyd_spend"].to_numpy(dtype=float) * bought
    if bought.sum() >= LEAST_PURCHASES and on_those_days.sum() > 0:
        found.append(_course("spend on a purchase day", days, spent, on_those_days))
    return tuple(found)


def _course(name: str, days: int, actual: Floats, expected: Floats) -> Course:
    ratio = actual.sum() / expected.sum()
    error = np.sqrt(np.sum((actual - ratio * expected) ** 2)) / max(abs(actual.sum()), expected.sum() / 10)
    return Course(name, days, float(actual.sum()), float(expected.sum()), float(error))
