"""Lists of scores: filtered, sorted, cut into pages that stay on one batch, by questions to the database.

serving.store.roll_pages answers the same from memory, as soon as the batch's roll is there.
"""

import dataclasses
import json
from datetime import datetime
from functools import lru_cache
from typing import Literal

import sqlalchemy as sa

from serving.store.batches import Page
from serving.store.cursor import Cursor, CursorGoneError, read, sign
from serving.store.driver import score_of
from serving.store.errors import NoScoresError
from serving.store.filters import Filters, conditions, is_rare, not_contacted
from serving.store.rows import CELLS, LATEST, published_batch
from serving.store.schema import about, batches, scores, sort_key

Sort = Literal["value_at_risk", "clv", "churn_probability"]


def page(
    connection: sa.Connection,
    filters: Filters,
    sort: Sort,
    limit: int,
    cursor: str | None,
    resting_since: datetime | None,
) -> Page:
    """At most `limit` rows, highest `sort` first, ties by customer_id; after `cursor`, in its batch.

    Customers without a segment, who objected to profiling, are on no list, and those contacted at or after
    `resting_since` are not on this one: whoever is contacted during a walk leaves it. Raises NoScoresError,
    CursorError, CursorGoneError where the cursor's batch was replaced or pruned, and UnknownNameError where
    the batch does not know an attribute or a segment. All reads see one snapshot.
    """
    listing = listing_of(sort, filters)
    last: Cursor | None = None
    secret = cursor_secret(connection)
    if cursor is not None:
        last = read(cursor, listing, secret)
    wanted = LATEST if last is None else sa.literal(last.sequence)
    row = connection.execute(sa.select(batches).where(batches.c.sequence == wanted)).one_or_none()
    if row is None:
        if last is None:
            raise NoScoresError
        raise gone(last)
    batch = published_batch(row)
    key = sort_key(sort)
    chosen = conditions(connection, batch.sequence, filters, sort)
    if resting_since is not None:
        chosen.append(not_contacted(resting_since))
    # Few customers are found by what is rare about them and then sorted; many are met walking down the list.
    order = key + 0 if is_rare(connection, batch.sequence, filters) else key
    query = (
        sa.select(*CELLS, key.label("key"))
        .where(scores.c.batch == batch.sequence, *chosen)
        .order_by(order.desc(), scores.c.customer_id)
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


@lru_cache(maxsize=256)
def listing_of(sort: str, filters: Filters) -> str:
    """What a list is, for the signature of its cursors."""
    return json.dumps([sort, dataclasses.asdict(filters)], sort_keys=True, default=str)


def gone(cursor: Cursor) -> CursorGoneError:
    """The cursor's batch is not kept."""
    return CursorGoneError(
        f"cursor: batch {cursor.sequence} is no longer kept. Start again at the first page, "
        "which is of the latest batch."
    )


SECRET = sa.select(about.c.value).where(about.c.name == "cursor_secret")


def cursor_secret(connection: sa.Connection) -> bytes:
    """What the cursors of this store are signed with."""
    return bytes.fromhex(str(connection.scalar(SECRET)))
