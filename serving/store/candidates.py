"""Candidates for a campaign: of each customer that filters leave, the two numbers that decide."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from models.profit import Numbers
from serving.store.batches import PublishedBatch
from serving.store.driver import MARK, rows_of
from serving.store.filters import Filters
from serving.store.rolls import KeptRoll
from serving.store.walk import passing, tests_of


@dataclass(frozen=True)
class Candidates:
    """Customers of one batch in order of customer_id; arrays of equal length. `ids` are Arrow strings."""

    batch: PublishedBatch
    ids: pa.Array
    churn_probability: Numbers
    value_at_risk: Numbers

    def __len__(self) -> int:
        return len(self.churn_probability)

    def only(self, chosen: "np.typing.NDArray[np.bool_]") -> "Candidates":
        """Those of whom `chosen` is true."""
        return Candidates(
            self.batch,
            self.ids.filter(pa.array(chosen)),
            self.churn_probability[chosen],
            self.value_at_risk[chosen],
        )


def choose_candidates(kept: KeptRoll, connection: Any, dialect: str, filters: Filters) -> Candidates:
    """Every customer with a score that the filters leave, but for contacts; from the roll of their batch.

    `connection` is the driver's own, for what is not in memory yet. Raises UnknownNameError.
    """
    roll = kept.roll
    roll.known.check(filters)
    tests = tests_of(
        dataclasses.replace(filters, scored_only=True), roll, kept.read_marks(connection, dialect, filters)
    )
    places = passing(np.arange(len(roll), dtype=np.int32), tests)
    return Candidates(
        roll.batch,
        roll.ids.take(pa.array(places)),
        np.asarray(roll.numbers["churn_probability"][places], dtype=float),
        np.asarray(roll.numbers["value_at_risk"][places], dtype=float),
    )


def resting_customers(
    connection: Any, dialect: str, since: datetime, up_to: int, most: int | None
) -> list[str]:
    """Who was contacted, or held back, at or after `since`, as far as contact number `up_to` tells; `most` of them."""
    mark = MARK[dialect]
    command = f"SELECT DISTINCT customer_id FROM contacts WHERE contacted_at >= {mark} AND number <= {mark}"
    ending = "" if most is None else f" LIMIT {most}"
    asked = since.astimezone(UTC).isoformat(), up_to
    return [row[0] for row in rows_of(connection, command + ending, asked)]
