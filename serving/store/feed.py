"""The feed of changes: everything since a cursor, in the order in which it was published."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import orjson
import sqlalchemy as sa

from serving.store.batches import PublishedBatch
from serving.store.changes import LEAST_CLV_MOVE, LEAST_PROBABILITY_MOVE, clv_move
from serving.store.cursor import Cursor, CursorGoneError, read, sign
from serving.store.errors import NoScoresError
from serving.store.lists import cursor_secret
from serving.store.rows import LATEST_BATCH, published_batch
from serving.store.schema import DRAWERS, MEASURES, batches, changes, feeds, scores

LISTING = "changes"
START = "start"
"""In place of a cursor: everybody in the served batch first, then what changes."""
UNDER_WAY, DONE, EVERYBODY = 0.0, 1.0, 2.0
"""A cursor's value: the changes of the batch it names were told up to its customer, or to the end, or all
customers of the batch up to that one.
"""


class FeedGoneError(CursorGoneError):
    """What changed since the cursor is no longer known in full; the answer is 410."""


GONE = (
    "since: what changed since this cursor is no longer kept. Begin again with since=start, which tells everybody "
    "anew; or take a new cursor (/v1/changes without `since`), then every customer (POST /v1/exports)."
)


@dataclass(frozen=True)
class Wanted:
    """Which changes are told. Those of band, segment, tier and stage always are, and who came and went.

    A move of a number is told from `churn_probability_move` on, or from `clv_move` on, which is a share of the
    larger of before and after. A new model moves everybody a little: `model_changes` tells who it moved.
    """

    churn_probability_move: float = 0.1
    clv_move: float = 0.25
    model_changes: bool = False


@dataclass(frozen=True)
class Change:
    """One customer in one batch; `before` is None for the added, `after` for the removed."""

    customer_id: str
    kind: Literal["added", "changed", "removed"]
    batch: int
    as_of: date
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    entered: list[str]
    exited: list[str]


@dataclass(frozen=True)
class FedBatch:
    """A batch whose changes are among those told; `left_out` were moved by its new model and not told."""

    sequence: int
    as_of: date
    model_version: str
    reason: str
    added: int
    changed: int
    removed: int
    left_out: int


@dataclass(frozen=True)
class Feed:
    """Some changes, and the cursor to go on from: at once where there is more, else when there is news."""

    batch: PublishedBatch
    batches: list[FedBatch]
    changes: list[Change]
    next_cursor: str
    has_more: bool


def feed(connection: sa.Connection, since: str | None, limit: int, wanted: Wanted) -> Feed:
    """At most `limit` changes since the cursor; none without one, but the cursor to begin from.

    Since START everybody on a list is told as added, a batch as it stood when that began.

    Raises NoScoresError, CursorError, and FeedGoneError where the cursor is older than what is kept.
    """
    secret = cursor_secret(connection)
    row = connection.execute(LATEST_BATCH).one_or_none()
    if row is None:
        raise NoScoresError
    batch = published_batch(row)
    end = sign(Cursor(batch.sequence, DONE, ""), LISTING, secret)
    if since is None:
        return Feed(batch, [], [], end, False)
    last = Cursor(batch.sequence, EVERYBODY, "") if since == START else read(since, LISTING, secret)
    if last.value == EVERYBODY:
        return _everybody(connection, last, limit, batch, secret)
    _check_kept(connection, last, batch.sequence)
    rows = connection.execute(_query(last, wanted).limit(limit + 1)).all()
    has_more = len(rows) > limit
    rows = rows[:limit]
    told_until = rows[-1].batch if has_more else batch.sequence
    if has_more:
        end = sign(Cursor(told_until, UNDER_WAY, rows[-1].customer_id), LISTING, secret)
    fed = connection.execute(
        sa.select(feeds)
        .where(_from(feeds.c.batch, last), feeds.c.batch <= told_until)
        .order_by(feeds.c.batch)
    )
    return Feed(batch, [_fed(one, wanted) for one in fed], [_change(one) for one in rows], end, has_more)


def _everybody(
    connection: sa.Connection, last: Cursor, limit: int, served: PublishedBatch, secret: bytes
) -> Feed:
    """Some of those on a list of the cursor's batch, in the order of their ids; after the last, its changes."""
    row = connection.execute(sa.select(batches).where(batches.c.sequence == last.sequence)).one_or_none()
    if row is None:
        raise FeedGoneError(GONE)
    batch = published_batch(row)
    names = (*DRAWERS, *MEASURES)
    rows = connection.execute(
        sa.select(scores.c.customer_id, scores.c.own_segments, *(scores.c[name] for name in names))
        .where(
            scores.c.batch == batch.sequence,
            scores.c.rfm_segment.is_not(None),
            scores.c.customer_id > last.customer_id,
        )
        .order_by(scores.c.customer_id)
        .limit(limit + 1)
    ).all()
    has_more, rows = len(rows) > limit, rows[:limit]
    told = [
        Change(
            customer_id=row.customer_id,
            kind="added",
            batch=batch.sequence,
            as_of=batch.as_of,
            reason="start",
            before=None,
            after={name: getattr(row, name) for name in names},
            entered=orjson.loads(row.own_segments or "[]"),
            exited=[],
        )
        for row in rows
    ]
    place = Cursor(batch.sequence, EVERYBODY, rows[-1].customer_id) if has_more else None
    end = sign(place or Cursor(batch.sequence, DONE, ""), LISTING, secret)
    return Feed(served, [], told, end, has_more or batch.sequence < served.sequence)


def _check_kept(connection: sa.Connection, last: Cursor, latest: int) -> None:
    oldest = connection.execute(sa.select(feeds).order_by(feeds.c.batch).limit(1)).one_or_none()
    if oldest is None:
        known = last.sequence == latest
    elif last.value == DONE:
        known = (oldest.previous or 0) <= last.sequence <= latest
    else:
        known = oldest.batch <= last.sequence <= latest
    if not known:
        raise FeedGoneError(GONE)


def _from(column: sa.ColumnElement[int], last: Cursor) -> sa.ColumnElement[bool]:
    return column > last.sequence if last.value == DONE else column >= last.sequence


def _query(last: Cursor, wanted: Wanted) -> "sa.Select[Any]":
    columns = changes.c
    moved = sa.or_(
        columns.kind != "changed",
        columns.entered.is_not(None),
        columns.exited.is_not(None),
        *(columns[f"before_{name}"].is_distinct_from(columns[f"after_{name}"]) for name in DRAWERS),
        sa.func.abs(columns.after_churn_probability - columns.before_churn_probability)
        >= max(LEAST_PROBABILITY_MOVE, wanted.churn_probability_move),
        clv_move(columns.before_clv, columns.after_clv, max(LEAST_CLV_MOVE, wanted.clv_move)),
    )
    query = (
        sa.select(changes, feeds.c.as_of, feeds.c.reason)
        .join(feeds, feeds.c.batch == columns.batch)
        .where(_from(columns.batch, last), moved)
        .order_by(columns.batch, columns.customer_id)
    )
    if last.value == UNDER_WAY:
        query = query.where(sa.or_(columns.batch > last.sequence, columns.customer_id > last.customer_id))
    if not wanted.model_changes:
        query = query.where(sa.or_(feeds.c.reason != "new_model", columns.kind != "changed"))
    return query


def _fed(row: Any, wanted: Wanted) -> FedBatch:
    left_out = row.changed if row.reason == "new_model" and not wanted.model_changes else 0
    return FedBatch(
        row.batch,
        row.as_of,
        row.model_version,
        row.reason,
        row.added,
        row.changed,
        row.removed,
        left_out,
    )


def _change(row: Any) -> Change:
    return Change(
        customer_id=row.customer_id,
        kind=row.kind,
        batch=row.batch,
        as_of=row.as_of,
        reason=row.reason,
        before=None if row.kind == "added" else _side(row, "before"),
        after=None if row.kind == "removed" else _side(row, "after"),
        entered=orjson.loads(row.entered or "[]"),
        exited=orjson.loads(row.exited or "[]"),
    )


def _side(row: Any, side: str) -> dict[str, Any]:
    return {name: getattr(row, f"{side}_{name}") for name in (*DRAWERS, *MEASURES)}
