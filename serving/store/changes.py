"""What each batch changed against the one served before it: noted when it is published, told by cursor."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import orjson
import sqlalchemy as sa

from serving.store.rows import published_batch
from serving.store.schema import (
    DRAWERS,
    MEASURES,
    batches,
    changes,
    feeds,
    memberships,
    own_segments,
    scores,
)

LEAST_PROBABILITY_MOVE = 0.01
LEAST_CLV_MOVE = 0.05
"""Smaller moves are not even noted. That of clv is a share of the larger of before and after."""
AT_ONCE = 500

after, before = scores.alias("after"), scores.alias("before")


def note_changes(connection: sa.Connection, sequence: int, previous: int | None, keep: int) -> None:
    """Note how batch `sequence` differs from batch `previous`, and forget all but the newest `keep` batches.

    Customers who object to profiling are nowhere: one who begins to is removed. A first batch changes nothing.
    """
    batch = published_batch(_batch(connection, sequence))
    reason = "first"
    if previous is not None:
        other = published_batch(_batch(connection, previous)).model_version != batch.model_version
        reason = "new_model" if other else "new_data"
    feed = {
        "batch": sequence,
        "previous": previous,
        "as_of": batch.as_of,
        "scored_at": batch.scored_at,
        "model_version": batch.model_version,
        "reason": reason,
    }
    connection.execute(feeds.insert().values(**feed, added=0, changed=0, removed=0))
    if previous is not None:
        _note_customers(connection, sequence, previous)
        _note_own_segments(connection, sequence, previous)
        counted = connection.execute(
            sa.select(changes.c.kind, sa.func.count())
            .where(changes.c.batch == sequence)
            .group_by(changes.c.kind)
        )
        if counts := {row.kind: row[1] for row in counted}:
            connection.execute(feeds.update().where(feeds.c.batch == sequence).values(**counts))
    _forget(connection, keep)


def clv_move(old: sa.ColumnElement[Any], new: sa.ColumnElement[Any], least: float) -> sa.ColumnElement[bool]:
    """Whether clv moved by at least the share `least` of the larger of the two."""
    larger = sa.case((old > new, old), else_=new)
    return sa.and_(sa.func.abs(new - old) >= least * larger, new != old)


def _note_customers(connection: sa.Connection, sequence: int, previous: int) -> None:
    new = (after.c.batch == sequence) & after.c.rfm_segment.is_not(None)
    old = (before.c.batch == previous) & before.c.rfm_segment.is_not(None)
    same = before.c.customer_id == after.c.customer_id
    both = sa.select(*_row(sequence, after, "changed", before, after)).where(new, old, same)
    only_new = sa.select(*_row(sequence, after, "added", None, after)).where(
        new, ~sa.exists().where(old, same).correlate(after)
    )
    only_old = sa.select(*_row(sequence, before, "removed", before, None)).where(
        old, ~sa.exists().where(new, same).correlate(before)
    )
    moved = sa.or_(
        *(before.c[name].is_distinct_from(after.c[name]) for name in DRAWERS),
        sa.func.abs(after.c.churn_probability - before.c.churn_probability) >= LEAST_PROBABILITY_MOVE,
        clv_move(before.c.clv, after.c.clv, LEAST_CLV_MOVE),
    )
    for found in (both.where(moved), only_new, only_old):
        connection.execute(changes.insert().from_select(_NAMES, found))


_NAMES = [
    "batch",
    "customer_id",
    "kind",
    *(f"{side}_{name}" for side in ("before", "after") for name in (*DRAWERS, *MEASURES)),
]


def _row(sequence: int, who: Any, kind: str, old: Any, new: Any) -> Iterator[sa.ColumnElement[Any]]:
    yield sa.literal(sequence)
    yield who.c.customer_id
    yield sa.literal(kind)
    for side in (old, new):
        for name in (*DRAWERS, *MEASURES):
            # PostgreSQL takes the type of a bare NULL for text.
            yield sa.cast(sa.null(), scores.c[name].type) if side is None else side.c[name]


def _note_own_segments(connection: sa.Connection, sequence: int, previous: int) -> None:
    """Who entered and left a segment whose rule is the same in both batches; a new rule says nothing."""
    moves = sa.union_all(
        _only_in(sequence, previous, sequence, "entered"), _only_in(previous, sequence, sequence, "exited")
    )
    query = sa.select(moves.subquery()).order_by("customer_id", "segment")
    rows = connection.execute(query).all()
    told = [(customer_id, list(own)) for customer_id, own in groupby(rows, lambda row: row.customer_id)]
    for start in range(0, len(told), AT_ONCE):
        some = dict(told[start : start + AT_ONCE])
        _note_unmoved(connection, sequence, previous, list(some))
        connection.execute(
            changes.update().where(changes.c.batch == sequence, changes.c.customer_id == sa.bindparam("who")),
            [
                {"who": customer_id, "entered": _names(own, "entered"), "exited": _names(own, "exited")}
                for customer_id, own in some.items()
            ],
        )


def _only_in(here: int, there: int, sequence: int, side: str) -> "sa.Select[Any]":
    ours, theirs = memberships.alias(), memberships.alias()
    rule, same_rule = own_segments.alias(), own_segments.alias()
    stable = sa.exists().where(
        rule.c.batch == here,
        rule.c.name == ours.c.segment,
        same_rule.c.batch == there,
        same_rule.c.name == rule.c.name,
        same_rule.c.rule == rule.c.rule,
    )
    also_there = sa.exists().where(
        theirs.c.batch == there,
        theirs.c.segment == ours.c.segment,
        theirs.c.customer_id == ours.c.customer_id,
    )
    return sa.select(ours.c.customer_id, ours.c.segment, sa.literal(side).label("side")).where(
        ours.c.batch == here, stable, ~also_there
    )


def _note_unmoved(connection: sa.Connection, sequence: int, previous: int, customer_ids: list[str]) -> None:
    """A row for those of whom nothing else has changed."""
    noted = sa.exists().where(changes.c.batch == sequence, changes.c.customer_id == after.c.customer_id)
    unmoved = sa.select(*_row(sequence, after, "changed", before, after)).where(
        after.c.batch == sequence,
        after.c.customer_id.in_(customer_ids),
        before.c.batch == previous,
        before.c.customer_id == after.c.customer_id,
        after.c.rfm_segment.is_not(None),
        before.c.rfm_segment.is_not(None),
        ~noted,
    )
    connection.execute(changes.insert().from_select(_NAMES, unmoved))


def _names(own: list[Any], side: str) -> str | None:
    found = [row.segment for row in own if row.side == side]
    return orjson.dumps(found).decode() if found else None


def _forget(connection: sa.Connection, keep: int) -> None:
    newest = connection.scalars(sa.select(feeds.c.batch).order_by(feeds.c.batch.desc()).limit(keep)).all()
    for table in (changes, feeds):
        connection.execute(table.delete().where(table.c.batch < newest[-1]))


def _batch(connection: sa.Connection, sequence: int) -> Any:
    return connection.execute(sa.select(batches).where(batches.c.sequence == sequence)).one()
