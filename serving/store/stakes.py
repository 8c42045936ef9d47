"""What is at stake with each customer of a list: as much as it takes to decide whom to contact."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from serving.store.batches import PublishedBatch
from serving.store.filters import Filters, conditions
from serving.store.rows import LATEST_BATCH, published_batch
from serving.store.schema import scores, sort_key


@dataclass(frozen=True)
class Stakes:
    """The scored customers of a list, highest value at risk first; the arrays are of one length."""

    batch: PublishedBatch
    customer_ids: list[str]
    churn_probability: npt.NDArray[np.float64]
    value_at_risk: npt.NDArray[np.float64]


def read_stakes(connection: sa.Connection, filters: Filters) -> Stakes | None:
    """The stakes of those in the served batch whom `filters` leave; None before the first batch."""
    row = connection.execute(LATEST_BATCH).one_or_none()
    if row is None:
        return None
    batch = published_batch(row)
    key = sort_key("value_at_risk")
    rows = connection.execute(
        sa.select(scores.c.customer_id, scores.c.churn_probability, scores.c.value_at_risk)
        .where(
            scores.c.batch == batch.sequence,
            scores.c.eligible,
            *conditions(connection, batch.sequence, filters, "value_at_risk"),
        )
        .order_by(key.desc(), scores.c.customer_id)
    ).all()
    numbers = np.array([row[1:] for row in rows], dtype=float).reshape(-1, 2)
    return Stakes(batch, [row[0] for row in rows], numbers[:, 0], numbers[:, 1])
