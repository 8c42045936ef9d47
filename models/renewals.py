"""For shops of contracts: what the renewals so far tell of the next one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from models.cells import Floats, never_certain
from models.fallback import ShopPace
from models.history import BASELINE, TypicalHistory
from models.purchase_models import PurchaseModels, fit_purchase_models
from models.sbg import Sbg, fit_sbg
from models.standing import has_contracts

FEWEST = 1e-6
LEAST_CONTRACTS = 50  # of one period; of fewer, the model of all periods together speaks
MOST_PERIODS = 5


@dataclass(frozen=True)
class Renewals:
    """Shifted-beta-geometrics by the days of a period, and one of all contracts for every other period."""

    of_all: Sbg
    by_period: dict[int, Sbg]

    def probability_of_renewal(self, features: pd.DataFrame) -> Floats:
        """P(the next renewal is paid) of each row; missing where no contract runs."""
        return self._each(
            features, lambda model, rows: model.probability_of_renewal(rows["contract_renewals"])
        )

    def expected_renewals(self, features: pd.DataFrame, horizon_days: float) -> Floats:
        """Renewals paid in `[as_of, as_of + horizon_days)`; missing where no contract runs."""

        def expected(model: Sbg, rows: pd.DataFrame) -> Floats:
            due = renewals_due(rows, horizon_days)
            return model.expected_renewals(rows["contract_renewals"], due)

        return self._each(features, expected)

    def _each(self, features: pd.DataFrame, answer: Any) -> Floats:
        found = np.full(len(features), np.nan)
        runs = features["contracts_running"].to_numpy(dtype=float) > 0
        period = features["contract_period_days"].to_numpy(dtype=float)
        spoken_for = np.isin(period, list(self.by_period))
        groups = [(days, runs & (period == days), model) for days, model in self.by_period.items()]
        for _, members, model in [*groups, (0, runs & ~spoken_for, self.of_all)]:
            if members.any():
                found[members] = answer(model, features[members])
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return {
            "of_all": self.of_all.to_json(),
            "by_period": {str(days): model.to_json() for days, model in self.by_period.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Renewals":
        """The models that `to_json` wrote."""
        return cls(
            Sbg.from_json(stored["of_all"]),
            {int(days): Sbg.from_json(model) for days, model in stored["by_period"].items()},
        )


def fit_renewals(features: pd.DataFrame, seed: int) -> Renewals:
    """The models of these customers' contracts, lost customers among them: each by the contract held last.

    Of a customer with several contracts one after the other the earlier ones are not counted as lost. Never
    fails; each model reports how it went.
    """
    held = features[features["contract_count"].to_numpy(dtype=float) > 0]
    left = held["contracts_running"].to_numpy(dtype=float) == 0
    paid = held["contract_renewals"].to_numpy(dtype=float)
    period = held["contract_period_days"].to_numpy(dtype=float)
    days, contracts = np.unique(period, return_counts=True)
    common = sorted(zip(-contracts, days, strict=True))[:MOST_PERIODS]
    return Renewals(
        fit_sbg(paid, left, np.ones(len(paid)), seed),
        {
            int(length): fit_sbg(paid[own], left[own], np.ones(int(own.sum())), seed)
            for number, length in common
            if -number >= LEAST_CONTRACTS and (own := period == length).any()
        },
    )


def renewals_due(features: pd.DataFrame, horizon_days: float) -> Floats:
    """How many renewals of the contract fall due in `[as_of, as_of + horizon_days)`."""
    due = features["contract_renewal_due_days"].to_numpy(dtype=float)
    period = features["contract_period_days"].to_numpy(dtype=float)
    return np.asarray(np.maximum(np.ceil((horizon_days - due) / period), 0.0))


@dataclass(frozen=True)
class ContractModels:
    """The purchase models of a shop of contracts: `renewals` answers for who holds one, `orders` for others.

    It stands where `PurchaseModels` or `ShopPace` stands in a shop without contracts.
    """

    orders: PurchaseModels | ShopPace
    renewals: Renewals

    def outlook(self, features: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
        """The columns of `models.purchase_models.OUTLOOK`, one row per row of `features`."""
        outlook = self.orders.outlook(features, horizon_days)
        runs = features["contracts_running"].to_numpy(dtype=float) > 0
        price = features["contract_amount"].to_numpy(dtype=float)
        renewals = self._expected_renewals(features, horizon_days)
        known = {
            "btyd_logit": self._renewal_logit(features, horizon_days),
            "btyd_alive": np.ones(len(features)),
            "btyd_purchases": renewals,
            "btyd_spend": price,
            "btyd_clv": renewals * price,
            "btyd_spend_if_return": np.maximum(renewals / self.renewals.probability_of_renewal(features), 1.0)
            * price,
        }
        for name, values in known.items():
            outlook[name] = np.where(runs, values, outlook[name].to_numpy(dtype=float))
        return outlook

    def share_history(
        self, of_orders: pd.DataFrame, features: pd.DataFrame, typical: TypicalHistory, horizon_days: float
    ) -> pd.DataFrame:
        """`models.history.share_history`, where a contract runs told by its renewals instead of by orders.

        A row still sums to the logit of the outlook; the baseline is that of a contract of the same period with
        the typical number of renewals.
        """
        runs = features["contracts_running"].to_numpy(dtype=float) > 0
        own = self._renewal_logit(features, horizon_days)
        usual = self._renewal_logit(features.assign(contract_renewals=typical.frequency), horizon_days)
        shares = of_orders.assign(contract_renewals=0.0)
        shares.loc[runs, :] = 0.0
        shares.loc[runs, BASELINE] = usual[runs]
        shares.loc[runs, "contract_renewals"] = (own - usual)[runs]
        return shares

    def return_logit(self, horizon_days: float, frequency: Floats, recency: Floats, T: Floats) -> Floats:
        """The logit of P(an order in the horizon) of customers without a contract."""
        return self.orders.return_logit(horizon_days, frequency, recency, T)

    def expected_purchases(self, features: pd.DataFrame, horizon_days: float) -> Floats:
        """Renewals or orders to come in the horizon."""
        renewals = self._expected_renewals(features, horizon_days)
        return np.where(np.isnan(renewals), self.orders.expected_purchases(features, horizon_days), renewals)

    def probability_alive(self, features: pd.DataFrame) -> Floats:
        """1 of those whose contract runs: that is known, and needs no model."""
        runs = features["contracts_running"].to_numpy(dtype=float) > 0
        return np.where(runs, 1.0, self.orders.probability_alive(features))

    def days_to_next_purchase(self, features: pd.DataFrame, horizon_days: float, level: float) -> Floats:
        """The days until the renewal is due, or the quantile of the wait for an order."""
        due = features["contract_renewal_due_days"].to_numpy(dtype=float)
        return np.where(np.isnan(due), self.orders.days_to_next_purchase(features, horizon_days, level), due)

    def _expected_renewals(self, features: pd.DataFrame, horizon_days: float) -> Floats:
        # Never none at all: what is expected is divided by.
        return np.maximum(self.renewals.expected_renewals(features, horizon_days), FEWEST)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `restore_purchases` is the way back."""
        return {"orders": self.orders.to_json(), "renewals": self.renewals.to_json()}

    def _renewal_logit(self, features: pd.DataFrame, horizon_days: float) -> Floats:
        """Of P(the next renewal is paid) where it is due in the horizon, else of next to nothing."""
        due = renewals_due(features, horizon_days)
        renewing = np.where(due > 0, self.renewals.probability_of_renewal(features), 0.0)
        return np.asarray(logit(never_certain(renewing)))


AnyPurchases = PurchaseModels | ShopPace | ContractModels
"""What answers for the purchases to come, whatever the shop sells and however little it has sold."""


def fit_purchases(features: pd.DataFrame, seed: int) -> PurchaseModels | ContractModels:
    """The purchase models of these customers, with those of renewals where there are contracts. Never fails."""
    orders = fit_purchase_models(features, seed)
    return ContractModels(orders, fit_renewals(features, seed)) if has_contracts(features) else orders


def with_pace(purchases: PurchaseModels | ContractModels, pace: ShopPace) -> ShopPace | ContractModels:
    """The `pace` in the place of the models of orders."""
    return ContractModels(pace, purchases.renewals) if isinstance(purchases, ContractModels) else pace


def restore_purchases(stored: Mapping[str, Any]) -> AnyPurchases:
    """The models that `to_json` of any of them wrote."""
    if "renewals" in stored:
        orders = restore_purchases(stored["orders"])
        assert not isinstance(orders, ContractModels)
        return ContractModels(orders, Renewals.from_json(stored["renewals"]))
    return PurchaseModels.from_json(stored) if "bgnbd" in stored else ShopPace.from_json(stored)
