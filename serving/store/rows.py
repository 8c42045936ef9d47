"""Rows of the store as the rest of serving sees them."""

from typing import Any

import sqlalchemy as sa

from models.horizons import Horizons
from models.scores import ANSWERS
from serving.store.batches import PublishedBatch
from serving.store.schema import batches, scores

CELLS = (scores.c.customer_id, *(scores.c[column.name] for column in ANSWERS))
"""What to select of `scores` for serving.store.driver.score_of."""

LATEST = sa.select(sa.func.max(batches.c.sequence)).scalar_subquery()
"""The sequence of the served batch; NULL before the first."""

LATEST_BATCH = sa.select(batches).where(batches.c.sequence == LATEST)
"""The served batch's row; none before the first."""

LATEST_BATCH_AND_SCORE = (
    sa.select(batches, *CELLS)
    .select_from(
        batches.outerjoin(
            scores,
            (scores.c.batch == batches.c.sequence) & (scores.c.customer_id == sa.bindparam("customer_id")),
        )
    )
    .where(batches.c.sequence == LATEST)
)
"""The served batch's row, followed by CELLS of one customer in it, or as many empty ones."""


def published_batch(row: Any) -> PublishedBatch:
    """A row that holds every column of `batches`."""
    return PublishedBatch(
        sequence=row.sequence,
        as_of=row.as_of,
        scored_at=row.scored_at,
        model_version=row.model_version,
        horizons=Horizons(
            churn_window_days=row.churn_window_days,
            clv_horizon_days=row.clv_horizon_days,
            margin=row.margin,
            annual_discount_rate=row.annual_discount_rate,
        ),
        fingerprint=row.fingerprint,
        customers=row.customers,
        eligible=row.eligible,
    )
