"""The feature query of a plan on arrays: written once, and answered for any shop and date."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from collections import deque
from datetime import date
from functools import lru_cache

import ibis
import pyarrow as pa

from features.arrays.column import to_arrow
from features.arrays.parts import Part, parts_of
from features.arrays.program import CUSTOMER, Program
from features.as_of import AsOf
from features.build import build_features
from features.families import attributes
from features.plan import BASKET_COLUMNS, CONTRACT_COLUMNS, INTERACTION_COLUMNS, FeaturePlan, Tables

SOME_DAY = date(2222, 11, 13)
"""Stands for the date in the query; no shop has it."""

CUSTOMERS_A_PIECE = 25_000
THREADS = 2
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
        self._schema = query.schema().to_pyarrow()
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
            for field in self._schema
        ]
        return pa.record_batch(cells, schema=self._schema)

    def batches(self, shop: Tables, as_of: date, customers: int = CUSTOMERS_A_PIECE) -> Iterator[pa.RecordBatch]:
        """The feature table of a whole shop, ascending by id, in batches of at most so many customers.

        The shop's engine hands its rows over part by part; while batches are read, the next are worked out.
        """
        tables = {"purchases": shop.purchases, "interactions": shop.interactions, "customers": shop.customers}
        pieces = (piece for part in parts_of(tables, self.reads) for piece in part.pieces(customers))
        with ThreadPoolExecutor(THREADS) as pool:
            under_way: deque[Future[pa.RecordBatch]] = deque()
            for piece in pieces:
                under_way.append(pool.submit(self.of, piece, as_of))
                if len(under_way) > THREADS:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()


@lru_cache(maxsize=8)
def feature_query(plan: FeaturePlan) -> FeatureQuery:
    """The query of a plan; writing it takes half a second, so the last few are kept."""
    return FeatureQuery(plan)
