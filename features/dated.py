"""Features of one shop and plan as of many dates, ascending by customer.

On Spark every date is a query of its own; elsewhere the engine hands its rows over, once where they are few
enough to be kept, and the features are worked out on arrays.
"""

from collections.abc import Iterator
from datetime import date
from functools import cached_property

import pyarrow as pa

from features.arrays.parts import Part
from features.arrays.query import feature_query
from features.build import build_features
from features.plan import FeaturePlan
from features.shop import Shop
from features.spark import on_spark


class DatedFeatures:
    """`build_features` of one shop and plan, whatever the date."""

    def __init__(self, shop: Shop, plan: FeaturePlan) -> None:
        self._shop = shop
        self._plan = plan

    def of(self, as_of: date) -> pa.Table:
        """The feature table as of that date."""
        if on_spark(self._shop.purchases):
            shop = self._shop
            features = build_features(shop.purchases, shop.interactions, shop.customers, as_of, self._plan)
            table: pa.Table = features.order_by("customer_id").to_pyarrow()
            return table
        query = feature_query(self._plan)
        return pa.Table.from_batches(query.answer(self._parts, as_of), query.schema)

    @property
    def _parts(self) -> Iterator[Part]:
        if self._only_part is not None:
            return iter((self._only_part,))
        return feature_query(self._plan).parts(self._shop)

    @cached_property
    def _only_part(self) -> Part | None:
        parts = feature_query(self._plan).parts(self._shop)
        first = next(parts)
        return first if next(parts, None) is None else None
