"""Lists of scores: filtered, sorted, cut into pages that stay on one batch."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from serving.store.batches import Page
from serving.store.cursor import Cursor, CursorGoneError, read, sign
from serving.store.errors import NoScoresError
from serving.store.rows import CELLS, LATEST, published_batch, score_of
from serving.store.schema import LOWEST, about, batches, scores, sort_key

Sort = Literal["value_at_risk", "clv", "churn_probability"]


@dataclass(frozen=True)
class Filters:
    """What the rows of a list have in common; None asks nothing. Minima and maxima are included.

    With `scored_only` the list leaves out those without a score, such as prospects.
    """

    scored_only: bool = True
    rfm_segment: str | None = None
    risk_band: str | None = None
    value_tier: str | None = None
    journey_stage: str | None = None
    min_value_at_risk: float | None = None
    min_clv: float | None = None
    min_churn_percentile: int | None = None
    min_days_since_last_purchase: int | None = None
    max_days_since_last_purchase: int | None = None


def page(connection: sa.Connection, filters: Filters, sort: Sort, limit: int, cursor: str | None) -> Page:
    """At most `limit` rows, highest `sort` first, ties by customer_id; after `cursor`, in its batch.

    Customers without a segment, who objected to profiling, are on no list. Raises NoScoresError, CursorError,
    and CursorGoneError where the cursor's batch was replaced or pruned. All reads see one snapshot.
    """
    listing = json.dumps([sort, dataclasses.asdict(filters)], sort_keys=True)
    last: Cursor | None = None
    secret = _secret(connection)
    if cursor is not None:
        last = read(cursor, listing, secret)
    wanted = LATEST if last is None else sa.literal(last.sequence)
    row = connection.execute(sa.select(batches).where(batches.c.sequence == wanted)).one_or_none()
    if row is None:
        if last is None:
            raise NoScoresError
        raise CursorGoneError(
            f"cursor: batch {last.sequence} is no longer kept. Start again at the first page, "
            "which is of the latest batch."
        )
    batch = published_batch(row)
    key = sort_key(sort)
    query = (
        sa.select(*CELLS, key.label("key"))
        .where(scores.c.batch == batch.sequence, *_conditions(filters, sort))
        .order_by(key.desc(), scores.c.customer_id)
        .limit(limit + 1)
    )
    if last is not None:
        query = query.where(
            key <= last.value, sa.or_(key < last.value, scores.c.customer_id > last.customer_id)
        )
    rows = connection.execute(query).all()
    following = None
    if len(rows) > limit:
        end = rows[limit - 1]
        following = sign(Cursor(batch.sequence, end.key, end.customer_id), listing, secret)
    return Page(batch, [score_of(row[:-1], batch) for row in rows[:limit]], following)


def _conditions(filters: Filters, sort: Sort) -> list[sa.ColumnElement[bool]]:
    columns = scores.c
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.scored_only:
        conditions.append(columns.eligible)
    for name in ("rfm_segment", "risk_band", "value_tier", "journey_stage"):
        if (wanted := getattr(filters, name)) is not None:
            conditions.append(columns[name] == wanted)
    if filters.rfm_segment is None:
        conditions.append(columns.rfm_segment.is_not(None))
    minima = {
        "value_at_risk": filters.min_value_at_risk,
        "clv": filters.min_clv,
        "churn_percentile": filters.min_churn_percentile,
        "days_since_last_purchase": filters.min_days_since_last_purchase,
    }
    conditions += [columns[name] >= value for name, value in minima.items() if value is not None]
    # Where an index may stop: the same as the lines above say, in the terms that it is sorted by.
    floor = minima.get(sort)
    if floor is not None:
        conditions.append(sort_key(sort) >= floor)
    elif filters.scored_only:
        conditions.append(sort_key(sort) > LOWEST)
    if filters.max_days_since_last_purchase is not None:
        conditions.append(columns.days_since_last_purchase <= filters.max_days_since_last_purchase)
    return conditions


def _secret(connection: sa.Connection) -> bytes:
    value = connection.scalar(sa.select(about.c.value).where(about.c.name == "cursor_secret"))
    return bytes.fromhex(str(value))
