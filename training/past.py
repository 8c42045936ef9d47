"""What was known of a shop on past dates, and what followed: each date is worked out once."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from features.build import build_features
from features.door.open import Shop
from features.plan import FeaturePlan
from models.matrix import money_scale
from models.purchase_models import PurchaseModels
from models.renewals import ContractModels, fit_purchases
from models.tenure_model import TenureModel
from training.labels import label_customers


@dataclass(frozen=True)
class State:
    """What was known on a date: one row per customer, by `customer_id`, and the models fitted to them."""

    as_of: date
    features: pd.DataFrame
    purchases: PurchaseModels | ContractModels
    scale: float


class Past:
    """The past of a shop without its customers who object to profiling; nothing is learned from them."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = without_objectors(shop)
        self.seed = seed
        self.rehearsals: dict[tuple[date, int], TenureModel] = {}
        """What the recipe learned on held-out dates, by date and window."""
        self._features: dict[tuple[date, FeaturePlan], pd.DataFrame] = {}
        self._states: dict[tuple[date, FeaturePlan], State] = {}
        self._models: dict[date, PurchaseModels | ContractModels] = {}
        self._labels: dict[tuple[date, int], pd.DataFrame] = {}

    def first_day(self) -> date | None:
        """The day of the first purchase; None where there is none."""
        day = self.shop.purchases.filter(self.shop.purchases.amount >= 0).day.min()
        found: date | None = day.to_pyarrow().as_py()
        return found

    def features(self, as_of: date, plan: FeaturePlan) -> pd.DataFrame:
        """What was known of each customer on `as_of`, sorted by id; without models, which take their time."""
        if (as_of, plan) not in self._features:
            shop = self.shop
            self._features[as_of, plan] = _sorted(
                build_features(shop.purchases, shop.interactions, shop.customers, as_of, plan)
            )
        return self._features[as_of, plan]

    def state(self, as_of: date, plan: FeaturePlan) -> State:
        """What was known on `as_of`."""
        if (as_of, plan) not in self._states:
            features = self.features(as_of, plan)
            if as_of not in self._models:
                self._models[as_of] = fit_purchases(features, self.seed)
            self._states[as_of, plan] = State(as_of, features, self._models[as_of], money_scale(features))
        return self._states[as_of, plan]

    def labels(self, as_of: date, window_days: int) -> pd.DataFrame:
        """What the customers known on `as_of` did in the window, sorted like the rows of their state."""
        if (as_of, window_days) not in self._labels:
            self._labels[as_of, window_days] = _sorted(
                label_customers(self.shop.purchases, as_of, window_days)
            )
        return self._labels[as_of, window_days]


def without_objectors(shop: Shop) -> Shop:
    """The shop as if its customers who object to profiling had never been there."""
    if shop.customers is None or "opted_out" not in shop.customers.columns:
        return shop
    objectors = shop.customers.filter(shop.customers.opted_out.fill_null(False))

    def others(table: Any) -> Any:
        return None if table is None else table.anti_join(objectors, "customer_id")

    return Shop(
        others(shop.purchases), others(shop.interactions), others(shop.customers), shop.timezone, shop.report
    )


def _sorted(table: Any) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame.sort_values("customer_id", ignore_index=True)
