"""For shops with too little for a purchase model: each customer's own pace, drawn to the shop's."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models.cells import Floats, never_certain
from models.discount import Discount, expected_at_each
from models.purchase_models import wait_within

PRIOR_DAYS = 3.0  # purchase days of the shop's mean spend that a customer's own are mixed with


@dataclass(frozen=True)
class ShopPace:
    """A rate per day drawn to the shop's as if by one more purchase; nobody is thought to have left.

    A customer who was silent for long has a long age and few purchases, and so a slow pace.
    """

    days_per_purchase: float
    spend_per_day: float

    def outlook(self, features: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
        """One row per row of `features`, the columns of `models.purchase_models.OUTLOOK`."""
        history = [features[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T")]
        return_logit = self.return_logit(horizon_days, *history)
        expected = self.expected_purchases(features, horizon_days)
        days = features["purchase_day_count"].to_numpy(dtype=float)
        total = features["historic_spend"].to_numpy(dtype=float)
        spend = np.maximum((total + PRIOR_DAYS * self.spend_per_day) / (days + PRIOR_DAYS), 0.0)
        return pd.DataFrame(
            {
                "btyd_logit": return_logit,
                "btyd_alive": self.probability_alive(features),
                "btyd_purchases": expected,
                "btyd_spend": spend,
                "btyd_clv": expected * spend,
                "btyd_spend_if_return": expected / expit(return_logit) * spend,
            },
            index=features.index,
        )

    def probability_alive(self, features: pd.DataFrame) -> Floats:
        """Not known: nothing is learned about leaving."""
        return np.full(len(features), np.nan)

    def return_logit(self, horizon_days: float, frequency: Floats, recency: Floats, T: Floats) -> Floats:
        """The logit of P(return in the horizon); when the last purchase was makes no difference here."""
        in_time = -np.expm1(-(1.0 + frequency) * np.log1p(horizon_days / (self.days_per_purchase + T)))
        return np.asarray(logit(never_certain(in_time)))

    def expected_purchases(self, features: pd.DataFrame, horizon_days: float) -> Floats:
        """Expected purchase days in the horizon."""
        frequency, age = (features[name].to_numpy(dtype=float) for name in ("frequency", "T"))
        return np.asarray((1.0 + frequency) * horizon_days / (self.days_per_purchase + age))

    def discounted_purchases(self, features: pd.DataFrame, discount: Discount) -> Floats:
        """The purchases to come, counted as `discount` says."""
        return expected_at_each(self, features, discount)

    def days_to_next_purchase(self, features: pd.DataFrame, horizon_days: float, level: float) -> Floats:
        """The quantile of the wait of those who buy within the horizon."""
        frequency, age = (features[name].to_numpy(dtype=float) for name in ("frequency", "T"))
        return wait_within(1.0 + frequency, self.days_per_purchase + age, horizon_days, level)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ShopPace":
        """The pace that `to_json` wrote."""
        return cls(**stored)


def fit_shop_pace(features: pd.DataFrame, window_days: int) -> ShopPace:
    """The pace of these customers together, with one purchase in two windows added: no shop is without."""
    repeats, days_seen = float(features["frequency"].sum()), float(features["T"].sum())
    buying_days = float(features["purchase_day_count"].sum())
    return ShopPace(
        (days_seen + 2.0 * window_days) / (repeats + 1.0),
        max(float(features["historic_spend"].sum()) / buying_days, 0.0) if buying_days else 0.0,
    )
