"""The feature query of a plan on arrays: written once, and answered for any shop and date."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from math import ceil

import ibis
import pyarrow as pa

from features.ahead import Ahead
from features.arrays.column import to_arrow
from features.arrays.parts import Part, cut, part_of, parts_of
from features.arrays.program import Program
from features.arrays.writer import CUSTOMER
from features.as_of import AsOf
from features.build import build_features
from features.families import attributes
from features.plan import BASKET_COLUMNS, CONTRACT_COLUMNS, INTERACTION_COLUMNS, FeaturePlan, Tables
from features.side_by_side import side_by_side

SOME_DAY = date(2222, 11, 13)
"""Stands for the date in the query; no shop has it."""

A_PIECE = 40_000
"""Customers whose features are worked out at once: arrays of their events take memory in large pages."""

A_BATCH = 25_000
"""Customers in a batch that is handed on."""

PURCHASES = {CUSTOMER: "string", "day": "date", "amount": "float64", **BASKET_COLUMNS}
INTERACTIONS = {CUSTOMER: "string", "day": "date", **INTERACTION_COLUMNS}


class FeatureQuery:
    """`build_features` of one plan, whatever the shop and the date; safe to share between threads."""

    def __init__(self, plan: FeaturePlan) -> None:
        given = {
            "purchases": PURCHASES | (CONTRACT_COLUMNS if plan.has_contracts else {}),
            "interactions": INTERACTIONS,
            "customers": {CUSTOMER: "string", **attributes.source_columns(plan)},
        }
        tables = {name: ibis.table(columns, name=name) for name, columns in given.items()}
        # A table for each kind: here a join is a look-up, and few customers have events of any one kind.
        query = build_features(**tables, as_of=SOME_DAY, plan=plan, kinds_a_pass=1)
        self._timezone = plan.timezone
        self.schema = query.schema().to_pyarrow()
        self._program = Program(query)
        self.reads = self._program.reads

    def of(self, part: Part, as_of: date) -> pa.RecordBatch:
        """The feature table of a part of the customers, ascending by id."""
        stands, meant = AsOf(SOME_DAY, self._timezone), AsOf(as_of, self._timezone)
        instead = {stands.day: meant.day, stands.instant: meant.instant}
        numbers, columns = self._program.run(part.given, instead)
        cells = [
            part.ids.take(pa.array(numbers))
            if field.name == CUSTOMER
            else to_arrow(columns[field.name], field.type, len(numbers))
            for field in self.schema
        ]
        return pa.record_batch(cells, schema=self.schema)

    def of_tables(self, tables: Mapping[str, pa.Table | None], as_of: date) -> pa.RecordBatch:
        """The feature table of admitted tables that are in memory, by name; what is not given is read as empty."""
        return self.of(part_of(tables, self.reads), as_of)

    def parts(self, shop: Tables) -> Iterator[Part]:
        """The customers of a shop as its engine hands them over, in parts that fit into memory."""
        tables = {"purchases": shop.purchases, "interactions": shop.interactions, "customers": shop.customers}
        return parts_of(tables, self.reads)

    def answer(
        self, parts: Iterable[Part], as_of: date, customers: int = A_BATCH, at_once: int = A_PIECE
    ) -> Iterator[pa.RecordBatch]:
        """The feature table of all parts, in batches of at most so many customers.

        Up to `at_once` of them are worked out together. While batches are read, the next are worked out, and the
        next part is handed over.
        """
        with Ahead(parts, waiting=1) as ahead:
            pieces = (piece for part in ahead.parts for piece in part.pieces(at_once))
            for _, batch in side_by_side(lambda piece: self.of(piece, as_of), pieces):
                yield from cut(batch, max(1, ceil(batch.num_rows / customers)))


@lru_cache(maxsize=8)
def feature_query(plan: FeaturePlan) -> FeatureQuery:
    """The query of a plan; writing it takes half a second, so the last few are kept."""
    return FeatureQuery(plan)
