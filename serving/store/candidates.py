"""Candidates for a campaign: of each customer that filters leave, the two numbers that decide."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from models.profit import Numbers
from serving.store.batches import PublishedBatch
from serving.store.filters import Filters, conditions
from serving.store.schema import contacts, scores

ROWS_AT_ONCE = 50_000


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


def read_candidates(connection: sa.Connection, batch: PublishedBatch, filters: Filters) -> Candidates:
    """Every customer with a score that the filters leave, read some thousands at a time.

    A large batch takes many short questions in place of a long one, which a server would be asked to stop.
    """
    columns = scores.c
    chosen = conditions(connection, batch.sequence, filters, "value_at_risk")
    query = (
        sa.select(columns.customer_id, columns.churn_probability, columns.value_at_risk)
        .where(columns.batch == batch.sequence, columns.eligible, *chosen)
        .order_by(columns.customer_id)
        .limit(ROWS_AT_ONCE)
    )
    ids, p, at_risk = [], [], []
    last: str | None = None
    while True:
        rows = connection.execute(query if last is None else query.where(columns.customer_id > last)).all()
        if rows:
            some_ids, some_p, some_at_risk = zip(*rows, strict=True)
            ids.append(pa.array(some_ids, pa.string()))
            p.append(np.array(some_p, dtype=float))
            at_risk.append(np.array(some_at_risk, dtype=float))
            last = some_ids[-1]
        if len(rows) < ROWS_AT_ONCE:
            break
    return Candidates(
        batch,
        pa.concat_arrays(ids) if ids else pa.array([], pa.string()),
        np.concatenate(p) if p else np.array([]),
        np.concatenate(at_risk) if at_risk else np.array([]),
    )


def last_contact(connection: sa.Connection) -> int:
    """The number of the newest contact; 0 before the first."""
    return int(connection.scalar(sa.select(sa.func.max(contacts.c.number))) or 0)


def resting_customers(connection: sa.Connection, since: datetime, up_to: int) -> pa.Array:
    """Who was contacted, or held back, at or after `since`, as far as contact number `up_to` tells."""
    found = connection.scalars(
        sa.select(contacts.c.customer_id)
        .where(contacts.c.contacted_at >= since, contacts.c.number <= up_to)
        .distinct()
    )
    return pa.array(found.all(), pa.string())
