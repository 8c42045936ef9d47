"""Features of one shop and plan as of many dates.

On Spark every date is a query of its own; elsewhere the engine hands its rows over, once where they are few
enough to be kept, and the features are worked out on arrays.
"""

from collections.abc import Iterator
from datetime import date

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
        self._kept: Part | None = None

    def of(self, as_of: date) -> pa.Table:
        """The feature table as of that date; rows come in no order."""
        shop = self._shop
        if on_spark(shop.purchases):
            features = build_features(shop.purchases, shop.interactions, shop.customers, as_of, self._plan)
            table: pa.Table = features.to_pyarrow()
            return table
        query = feature_query(self._plan)
        parts = self._read() if self._kept is None else [self._kept]
        return pa.Table.from_batches(query.answer(parts, as_of), query.schema)

    def _read(self) -> Iterator[Part]:
        """The parts of the shop; one that is all of it is kept."""
        for part in feature_query(self._plan).parts(self._shop):
            if part.is_all:
                self._kept = part
            yield part
