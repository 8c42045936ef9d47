"""What spend that comes over a horizon is worth today, as a weighted sum of what is expected by some moments."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import pandas as pd

from models.cells import Floats
from models.horizons import Horizons

NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
YEAR_DAYS = 365.0


@dataclass(frozen=True)
class Discount:
    """With E(t) purchases expected by `t`, their discounted number is the sum of weight * E(moment).

    Moments are in the unit of time of the model, the last one is the horizon. No weight is negative: no rate of
    discount makes a longer horizon worth less.
    """

    moments: tuple[float, ...]
    weights: tuple[float, ...]

    @classmethod
    def none(cls, horizon: float) -> Self:
        """A purchase is a purchase, whenever in the horizon it comes."""
        return cls((float(horizon),), (1.0,))

    @classmethod
    def by_the_moment(cls, horizon: float, rate: float) -> Self:
        """A purchase at `t` counts exp(-rate t): the sum is d(H) E(H) + rate * integral of d(t) E(t)."""
        if rate == 0:
            return cls.none(horizon)
        moments = horizon * (NODES + 1.0) / 2.0
        weights = rate * horizon / 2.0 * WEIGHTS * np.exp(-rate * moments)
        return cls((*moments.tolist(), float(horizon)), (*weights.tolist(), float(np.exp(-rate * horizon))))

    @classmethod
    def by_the_period(cls, period: float, periods: int, rate: float) -> Self:
        """A purchase in the n-th of so many periods counts (1 + rate)^-n, as in the literature and lifetimes."""
        factor = (1.0 + rate) ** -np.arange(1.0, periods + 1.0)
        # E(n) - E(n - 1) by the factor of n, with the terms of each E put together
        weights = factor - np.append(factor[1:], 0.0)
        return cls(tuple((period * np.arange(1.0, periods + 1.0)).tolist()), tuple(weights.tolist()))


class Expecting(Protocol):
    """What is asked of the purchase models of a shop."""

    def expected_purchases(self, features: pd.DataFrame, horizon_days: float) -> Floats:
        """Purchases of each row in the horizon."""

    def discounted_purchases(self, features: pd.DataFrame, discount: Discount) -> Floats:
        """The same, each discounted to today."""


def discounted_share(purchases: Expecting, features: pd.DataFrame, horizons: Horizons) -> Floats:
    """The discounted over the plain sum of the purchases expected in the CLV horizon, for each row."""
    rate = np.log1p(horizons.annual_discount_rate) / YEAR_DAYS
    if rate == 0:
        return np.ones(len(features))
    horizon = float(horizons.clv_horizon_days)
    discounted = purchases.discounted_purchases(features, Discount.by_the_moment(horizon, rate))
    return np.asarray(discounted / purchases.expected_purchases(features, horizon))


def expected_at_each(purchases: Expecting, features: pd.DataFrame, discount: Discount) -> Floats:
    """The discounted purchases of a model that knows no shorter way: asked about one moment after the other."""
    return np.asarray(
        sum(
            weight * purchases.expected_purchases(features, moment)
            for moment, weight in zip(discount.moments, discount.weights, strict=True)
        )
    )
