"""Features of one shop as of many dates: the query is written once, and each date put in its place.

Writing `build_features` as SQL takes most of a second, whatever the number of rows; a training looks at a dozen
past dates or more.
"""

from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from features.as_of import AsOf
from features.build import build_features
from features.plan import FeaturePlan
from features.shop import Shop

SOME_DAY = date(2222, 11, 13)
"""Stands for the date in the query; no shop has it."""


class DatedFeatures:
    """`build_features` of one shop and plan, whatever the date."""

    def __init__(self, shop: Shop, plan: FeaturePlan) -> None:
        self._shop = shop
        self._plan = plan
        self._con: Any = shop.purchases.get_backend()
        self._written: str | None = None
        self._schema: pa.Schema | None = None

    def of(self, as_of: date) -> pa.Table:
        """The feature table as of that date; rows come in no order."""
        if self._con.name != "duckdb":  # the others read a query from Ibis alone
            table: pa.Table = self._features(as_of).to_pyarrow()
            return table
        if self._written is None:
            features = self._features(SOME_DAY)
            self._schema = features.schema().to_pyarrow()
            self._written = self._con.compile(features)
        sql = self._written
        for stands, meant in zip(self._literals(SOME_DAY), self._literals(as_of), strict=True):
            sql = sql.replace(stands, meant)
        return self._con.con.sql(sql).to_arrow_table().cast(self._schema)

    def _features(self, as_of: date) -> ibis.Table:
        shop = self._shop
        return build_features(shop.purchases, shop.interactions, shop.customers, as_of, self._plan)

    def _literals(self, as_of: date) -> list[str]:
        """The date and its moment as the engine writes them: a query has no other trace of them."""
        moment = AsOf(as_of, self._plan.timezone)
        selects = [self._con.compile(ibis.literal(value)) for value in (moment.day, moment.instant)]
        return [select.removeprefix("SELECT ").partition(" AS ")[0] for select in selects]
