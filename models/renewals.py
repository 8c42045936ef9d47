"""For shops of contracts: what the renewals so far tell of the next one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from features.ticks import PER_UNIT
from models.cells import Cells, Floats, never_certain
from models.discount import Discount, expected_at_each
from models.fallback import ShopPace
from models.history import BASELINE, TypicalHistory
from models.purchase_models import PurchaseModels, fit_purchase_models
from models.sbg import Sbg, fit_sbg
from models.standing import has_contracts

FEWEST = 1e-6
LEAST_CONTRACTS = 50  # of one plan; of fewer, the model of all plans with its period speaks, or that of all
MOST_PLANS = 20
MOST_ORDERING = 0.05  # half of the tenth that may lie above the 90th percentile


@dataclass(frozen=True)
class PlanModel:
    """The shifted-beta-geometric of the contracts with a period and a price, where these are given."""

    period_days: int | None
    amount: float | None
    model: Sbg


@dataclass(frozen=True)
class Renewals:
    """Shifted-beta-geometrics of all contracts, of each period, of each plan; the last that fits a row speaks."""

    plans: tuple[PlanModel, ...]

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

    def renewals_at(self, level: float, features: pd.DataFrame, horizon_days: float, first: Floats) -> Floats:
        """The quantile of the renewals paid in the horizon, whole numbers; missing where no contract runs.

        `first` is the chance of each row that the next one is paid.
        """

        def reached(model: Sbg, rows: pd.DataFrame) -> Floats:
            due = renewals_due(rows, horizon_days)
            return model.renewals_at(level, rows["first"], rows["contract_renewals"], due)

        return self._each(features.assign(first=first), reached)

    def _each(self, features: pd.DataFrame, answer: Callable[[Sbg, pd.DataFrame], Floats]) -> Floats:
        found = np.full(len(features), np.nan)
        left = features["contracts_running"].to_numpy(dtype=float) > 0
        for plan in reversed(self.plans):
            members = left & _of_plan(features, plan.period_days, plan.amount)
            if members.any():
                found[members] = answer(plan.model, features[members])
            left &= ~members
        return found

    def to_json(self) -> list[dict[str, Any]]:
        """Plain values; `from_json` is the way back."""
        return [
            {"period_days": plan.period_days, "amount": plan.amount, "model": plan.model.to_json()}
            for plan in self.plans
        ]

    @classmethod
    def from_json(cls, stored: Sequence[Mapping[str, Any]]) -> "Renewals":
        """The models that `to_json` wrote."""
        return cls(tuple(PlanModel(**{**plan, "model": Sbg.from_json(plan["model"])}) for plan in stored))


def fit_renewals(features: pd.DataFrame, seed: int) -> Renewals:
    """The models of these customers' contracts, lost customers among them: each by the contract held last.

    Of a customer with several contracts one after the other the earlier ones are not counted as lost. Never
    fails; each model reports how it went.
    """
    held = features[features["contract_count"].to_numpy(dtype=float) > 0]
    left = held["contracts_running"].to_numpy(dtype=float) == 0
    paid = held["contract_renewals"].to_numpy(dtype=float)

    def fit(period_days: int | None, amount: float | None) -> PlanModel:
        own = _of_plan(held, period_days, amount)
        model = fit_sbg(paid[own], left[own], np.ones(int(own.sum())), seed)
        return PlanModel(period_days, amount, model)

    period = held["contract_period_days"].to_numpy(dtype=float)
    periods = [(int(days), None) for (days,) in _common(period[:, None])]
    plans = [(int(days), price) for days, price in _common(np.stack([period, _price(held)], axis=-1))]
    return Renewals(tuple(fit(*terms) for terms in [(None, None), *periods, *plans]))


def _common(terms: Floats) -> list[list[float]]:
    """The distinct rows that enough contracts share, the commonest ones."""
    distinct, contracts = np.unique(terms, axis=0, return_counts=True)
    often = sorted(zip((-contracts).tolist(), distinct.tolist(), strict=True))
    return [row for number, row in often[:MOST_PLANS] if -number >= LEAST_CONTRACTS]


def _of_plan(features: pd.DataFrame, period_days: int | None, amount: float | None) -> npt.NDArray[np.bool_]:
    own = np.ones(len(features), dtype=bool)
    if period_days is not None:
        own &= features["contract_period_days"].to_numpy(dtype=float) == period_days
    if amount is not None:
        own &= _price(features) == amount
    return own


def _price(features: pd.DataFrame) -> Floats:
    return features["contract_amount"].to_numpy(dtype=float).round(2)


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
    share_ordering: float
    """Of those who hold their first contract, how many have ever bought anything beside it."""

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

    def discounted_purchases(self, features: pd.DataFrame, discount: Discount) -> Floats:
        """The purchases to come, counted as `discount` says."""
        return expected_at_each(self, features, discount)

    def spend_at(self, level: float, features: pd.DataFrame, horizon_days: float, p_return: Floats) -> Floats:
        """The quantile of spend in the horizon, in shop currency: so many whole payments of the one contract.

        Missing where it is not that simple: where no contract runs or more than one, where none falls due, and in a
        shop whose contracts do not tell what their holders spend.
        """
        due = renewals_due(features, horizon_days)
        told = (features["contracts_running"].to_numpy(dtype=float) == 1) & (due > 0)
        told &= self.share_ordering <= MOST_ORDERING
        paid = self.renewals.renewals_at(level, features, horizon_days, p_return)
        # To the tick, as spend is summed: a bound that is met must not seem passed.
        spend = np.round(paid * features["contract_amount"].to_numpy(dtype=float) * PER_UNIT) / PER_UNIT
        return np.where(told, spend, np.nan)

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
        return {
            "orders": self.orders.to_json(),
            "renewals": self.renewals.to_json(),
            "share_ordering": self.share_ordering,
        }

    def _renewal_logit(self, features: pd.DataFrame, horizon_days: float) -> Floats:
        """Of P(the next renewal is paid) where it is due in the horizon, else of next to nothing."""
        due = renewals_due(features, horizon_days)
        renewing = np.where(due > 0, self.renewals.probability_of_renewal(features), 0.0)
        return np.asarray(logit(never_certain(renewing)))


AnyPurchases = PurchaseModels | ShopPace | ContractModels
"""What answers for the purchases to come, whatever the shop sells and however little it has sold."""


def fit_purchases(
    features: pd.DataFrame, seed: int, everybody: Cells | None = None
) -> PurchaseModels | ContractModels:
    """The purchase models of these customers, with those of renewals where there are contracts. Never fails.

    `everybody` is that of `fit_purchase_models`.
    """
    orders = fit_purchase_models(features, seed, everybody)
    if not has_contracts(features):
        return orders
    return ContractModels(orders, fit_renewals(features, seed), _share_ordering(features))


def _share_ordering(features: pd.DataFrame) -> float:
    first = (features["contract_count"] == 1) & (features["contracts_running"] == 1)
    if not first.any():
        return 0.0
    payments = features["contract_renewals"] + 1
    return float((features["purchase_day_count"] > payments)[first].mean())


def with_pace(purchases: PurchaseModels | ContractModels, pace: ShopPace) -> ShopPace | ContractModels:
    """The `pace` in the place of the models of orders."""
    return replace(purchases, orders=pace) if isinstance(purchases, ContractModels) else pace


def restore_purchases(stored: Mapping[str, Any]) -> AnyPurchases:
    """The models that `to_json` of any of them wrote."""
    if "renewals" in stored:
        orders = restore_purchases(stored["orders"])
        assert not isinstance(orders, ContractModels)
        # Versions of before it was known did without it.
        share_ordering = stored.get("share_ordering", 1.0)
        return ContractModels(orders, Renewals.from_json(stored["renewals"]), share_ordering)
    return PurchaseModels.from_json(stored) if "bgnbd" in stored else ShopPace.from_json(stored)
