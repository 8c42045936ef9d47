"""The purchase models of a shop on one date, and what together they expect of each customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models.bgnbd import BgNbd, fit_bgnbd
from models.cells import Cells, Floats, group_cells
from models.discount import Discount
from models.gamma_gamma import WINSORISED_AT, GammaGamma, fit_gamma_gamma, spend_of_all_days
from models.mbgnbd import MbgNbd, fit_mbgnbd
from models.paretonbd import ParetoNbd, fit_paretonbd

# What an outlook holds, besides one logit of each purchase model.
OUTLOOK = ("btyd_logit", "btyd_alive", "btyd_purchases", "btyd_spend", "btyd_clv", "btyd_spend_if_return")
OUTLOOK_MONEY = ("btyd_spend", "btyd_clv", "btyd_spend_if_return")


@dataclass(frozen=True)
class PurchaseModels:
    """BG/NBD, MBG/NBD and Pareto/NBD for when, Gamma-Gamma for how much, fitted to the same customers.

    `net_share` is what refunds leave of the shop's gross spend.
    """

    bgnbd: BgNbd
    mbgnbd: MbgNbd
    paretonbd: ParetoNbd
    gamma_gamma: GammaGamma
    net_share: float

    def outlook(self, features: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
        """One row per row of `features`: what the models expect in `[as_of, as_of + horizon_days)`.

        `btyd_logit` is the mean of the models' logits of P(return); `btyd_purchases` counts purchase days;
        money is net, in shop currency: `btyd_spend` on a purchase day, `btyd_clv` in the horizon.
        """
        history = _history(features)
        logits = {
            f"btyd_logit_{name}": logit(model.probability_of_return(horizon_days, *history))
            for name, model in self._models.items()
        }
        mean_logit = np.mean(list(logits.values()), axis=0)
        purchases = self.expected_purchases(features, horizon_days)
        # Whoever returns buys at least once; the models' means can disagree by a little for rare buyers.
        if_return = np.maximum(purchases / expit(mean_logit), 1.0)
        all_days = spend_of_all_days(features)
        spend = self.net_share * self.gamma_gamma.expected_spend(
            all_days["purchase_days"], all_days["mean_spend"]
        )
        outlook = {
            "btyd_logit": mean_logit,
            "btyd_alive": self.probability_alive(features),
            "btyd_purchases": purchases,
            "btyd_spend": spend,
            "btyd_clv": purchases * spend,
            "btyd_spend_if_return": if_return * spend,
            **logits,
        }
        return pd.DataFrame(np.column_stack(list(outlook.values())), features.index, list(outlook))

    def return_logit(self, horizon_days: float, frequency: Floats, recency: Floats, T: Floats) -> Floats:
        """The mean of the models' logits of P(return in the horizon)."""
        logits = [
            logit(model.probability_of_return(horizon_days, frequency, recency, T))
            for model in self._models.values()
        ]
        return np.asarray(np.mean(logits, axis=0))

    def expected_purchases(self, features: pd.DataFrame, horizon_days: float) -> Floats:
        """Mean over the models of the purchase days to come in the horizon."""
        return self.discounted_purchases(features, Discount.none(horizon_days))

    def discounted_purchases(self, features: pd.DataFrame, discount: Discount) -> Floats:
        """Mean over the models of the purchase days to come, counted as `discount` says."""
        history = _history(features)
        expected = [model.discounted_purchases(discount, *history) for model in self._models.values()]
        return np.asarray(np.mean(expected, axis=0))

    def probability_alive(self, features: pd.DataFrame) -> Floats:
        """Mean over the models of P(the customer has not left by `as_of`)."""
        history = _history(features)
        alive = [model.probability_alive(*history) for model in self._models.values()]
        return np.asarray(np.mean(alive, axis=0))

    def days_to_next_purchase(self, features: pd.DataFrame, horizon_days: float, level: float) -> Floats:
        """The quantile of the wait of those who buy within the horizon."""
        return wait_within(
            self.mbgnbd.r + features["frequency"].to_numpy(dtype=float),
            self.mbgnbd.alpha + features["T"].to_numpy(dtype=float),
            horizon_days,
            level,
        )

    @property
    def _models(self) -> dict[str, BgNbd | MbgNbd | ParetoNbd]:
        return {"bgnbd": self.bgnbd, "mbgnbd": self.mbgnbd, "paretonbd": self.paretonbd}

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return {
            "bgnbd": self.bgnbd.to_json(),
            "mbgnbd": self.mbgnbd.to_json(),
            "paretonbd": self.paretonbd.to_json(),
            "gamma_gamma": self.gamma_gamma.to_json(),
            "net_share": self.net_share,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "PurchaseModels":
        """The models that `to_json` wrote."""
        return cls(
            BgNbd.from_json(stored["bgnbd"]),
            MbgNbd.from_json(stored["mbgnbd"]),
            ParetoNbd.from_json(stored["paretonbd"]),
            GammaGamma.from_json(stored["gamma_gamma"]),
            stored["net_share"],
        )


def _history(features: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    frequency, recency, age = (features[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    return frequency, recency, age


def fit_purchase_models(features: pd.DataFrame, seed: int, everybody: Cells | None = None) -> PurchaseModels:
    """The purchase models of these customers, one row each. Never fails; each model reports how it went.

    Where they stand for a larger shop, `everybody` are the cells of all its customers, for the models that are quick
    to fit to them.
    """
    cells = group_cells(features)
    everybody = cells if everybody is None else everybody
    all_days = spend_of_all_days(features)
    gross, net = float(features["gross_spend"].sum()), float(features["historic_spend"].sum())
    return PurchaseModels(
        fit_bgnbd(everybody, seed),
        fit_mbgnbd(everybody, seed),
        fit_paretonbd(cells, seed),
        fit_gamma_gamma(all_days["purchase_days"], all_days["mean_spend"], seed, WINSORISED_AT),
        min(max(net / gross, 0.0), 1.0) if gross > 0 else 1.0,
    )


def wait_within(shape: Floats, rate: Floats, horizon_days: float, level: float) -> Floats:
    """Days by which `level` of those have bought who buy within the horizon, at rates of Gamma(shape, rate).

    The wait of all is Lomax: P(wait > t) = (rate / (rate + t))^shape.
    """
    in_time = -np.expm1(-shape * np.log1p(horizon_days / rate))
    return np.asarray(rate * np.expm1(-np.log1p(-in_time * level) / shape))
