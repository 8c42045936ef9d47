"""What was known of a shop on past dates, and what followed: each date is worked out once."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from features.cells import count_cells
from features.dated import DatedFeatures
from features.door.open import Shop
from features.families.gaps import silence_log_ratio
from features.plan import FeaturePlan
from models.cells import Cells
from models.matrix import money_scale
from models.purchase_models import PurchaseModels
from models.renewals import ContractModels, fit_purchases
from models.tenure_model import TenureModel
from training.crowd import Crowd
from training.labels import label_customers

ENOUGH = 25_000  # customers to judge by, and to fit purchase models to: more would move no digit that matters


@dataclass(frozen=True)
class State:
    """What was known on a date: one row per customer, by `customer_id`, and the models fitted to them."""

    as_of: date
    features: pd.DataFrame
    purchases: PurchaseModels | ContractModels
    scale: float


class Past:
    """The past of a shop without its customers who object to profiling; nothing is learned from them.

    Of a large shop, some customers stand for all (see `Crowd`): about `ENOUGH` of them unless told otherwise.
    """

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = without_objectors(shop)
        self.seed = seed
        self.rehearsals: dict[tuple[date, int], TenureModel] = {}
        """What the recipe learned on held-out dates, by date and window."""
        self._features: dict[tuple[date, FeaturePlan, int], pd.DataFrame] = {}
        self._queries: dict[FeaturePlan, DatedFeatures] = {}
        self._states: dict[tuple[date, FeaturePlan, int], State] = {}
        self._models: dict[tuple[date, int], PurchaseModels | ContractModels] = {}
        self._labels: dict[tuple[date, int, int], pd.DataFrame] = {}

    @cached_property
    def crowd(self) -> Crowd:
        """All customers who ever bought."""
        return Crowd.of(self.shop.purchases, self.seed)

    def first_day(self) -> date | None:
        """The day of the first purchase; None where there is none."""
        days = self.crowd.first_days
        found: date | None = days.min().item() if len(days) else None
        return found

    def features(self, as_of: date, plan: FeaturePlan, most: int = ENOUGH) -> pd.DataFrame:
        """What was known on `as_of` of about `most` customers, sorted by id; without models, which take their time.

        Features of plans that differ in the typical gap alone are worked out once.
        """
        key = (as_of, replace(plan, typical_gap_days=1.0), min(most, self.crowd.known(as_of)))
        if key not in self._features:
            self._features[key] = _sorted(self._known(as_of, key[1], most))
        features = self._features[key]
        return features.assign(silence_log_ratio=silence_log_ratio(features, plan))

    def state(self, as_of: date, plan: FeaturePlan, most: int = ENOUGH) -> State:
        """What was known on `as_of` of about `most` customers, and what fits to them.

        Asked about as many as are judged by, some purchase models are fitted to all customers, counted by the engine.
        """
        most = min(most, self.crowd.known(as_of))
        if (as_of, plan, most) not in self._states:
            features = self.features(as_of, plan, most)
            if (as_of, most) not in self._models:
                self._models[as_of, most] = fit_purchases(features, self.seed, self._everybody(as_of, most))
            models = self._models[as_of, most]
            self._states[as_of, plan, most] = State(as_of, features, models, money_scale(features))
        return self._states[as_of, plan, most]

    def labels(self, as_of: date, window_days: int, most: int = ENOUGH) -> pd.DataFrame:
        """What the customers known on `as_of` did in the window, sorted like the rows of their state."""
        most = min(most, self.crowd.known(as_of))
        if (as_of, window_days, most) not in self._labels:
            shop = self._part(as_of, most)
            self._labels[as_of, window_days, most] = _sorted(
                label_customers(shop.purchases, as_of, window_days).to_pyarrow()
            )
        return self._labels[as_of, window_days, most]

    def _known(self, as_of: date, plan: FeaturePlan, most: int) -> pa.Table:
        shop = self._part(as_of, most)
        if shop is self.shop:
            return self._queries.setdefault(plan, DatedFeatures(shop, plan)).of(as_of)
        # Who stands for all differs from date to date.
        return DatedFeatures(shop, plan).of(as_of)

    def _everybody(self, as_of: date, most: int) -> Cells | None:
        """The cells of all customers, where there are more than `most`; of the many past dates, a part says enough."""
        if most < ENOUGH or most >= self.crowd.known(as_of):
            return None
        return Cells.of(count_cells(self.shop.purchases, as_of, self.shop.timezone).to_pyarrow())

    def _part(self, as_of: date, most: int) -> Shop:
        """The shop with the customers who stand for all on `as_of` alone."""
        ids = self.crowd.some(as_of, most)
        if ids is None:
            return self.shop

        def theirs(table: Any) -> Any:
            return None if table is None else table.inner_join(ids, "customer_id")

        shop = self.shop
        return replace(
            shop,
            purchases=theirs(shop.purchases),
            interactions=theirs(shop.interactions),
            customers=theirs(shop.customers),
        )


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


def _sorted(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame.sort_values("customer_id", ignore_index=True)
