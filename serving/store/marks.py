"""What marks customers of a batch beside their scores: attributes, and segments of the shop's own."""

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import orjson
import pandas as pd
import sqlalchemy as sa

from serving.store.batches import OwnSegment
from serving.store.bulk import indexed_afterwards
from serving.store.schema import (
    BANDS,
    attributes,
    levels,
    memberships,
    own_segments,
    scores,
)

OWN_SEGMENTS = "own_segments"
"""The column of a chunk of scores that holds the customer's own segments as a JSON list; may be left out."""


def write_attributes(
    connection: sa.Connection, engine: ModuleType, sequence: int, chunks: Iterable[pd.DataFrame]
) -> None:
    """Write frames of customer_id, name and value; of those who are in the batch and have a segment."""
    with indexed_afterwards(connection, attributes):
        for chunk in chunks:
            cells = (chunk[name].tolist() for name in ("customer_id", "name", "value"))
            rows = zip([sequence] * len(chunk), *cells, strict=True)
            engine.copy_rows(connection, "attributes", ("batch", "customer_id", "name", "value"), rows)
        _keep_those_told_of(connection, sequence)
    counted = (
        sa.select(attributes.c.batch, attributes.c.name, attributes.c.value, sa.func.count())
        .where(attributes.c.batch == sequence)
        .group_by(attributes.c.batch, attributes.c.name, attributes.c.value)
    )
    connection.execute(levels.insert().from_select(list(levels.c), counted))


def _keep_those_told_of(connection: sa.Connection, sequence: int) -> None:
    """Drop the attributes of who is not in the batch, and of who objects to profiling, and so has no segment."""
    in_batch = sa.exists().where(
        scores.c.batch == attributes.c.batch, scores.c.customer_id == attributes.c.customer_id
    )
    objectors = sa.select(scores.c.customer_id).where(
        scores.c.batch == sequence, scores.c.rfm_segment.is_(None)
    )
    for nobody in (~in_batch, attributes.c.customer_id.in_(objectors)):
        connection.execute(attributes.delete().where(attributes.c.batch == sequence, nobody))


def write_memberships(
    connection: sa.Connection, engine: ModuleType, sequence: int, chunk: pd.DataFrame
) -> None:
    """Write who of a chunk of scores is in which segment of the shop's own."""
    if OWN_SEGMENTS in chunk:
        named = chunk[["customer_id", OWN_SEGMENTS]].dropna()
        engine.copy_rows(
            connection, "memberships", ("batch", "segment", "customer_id"), _memberships(sequence, named)
        )


def count_own_segments(connection: sa.Connection, sequence: int, rules: Iterable[tuple[str, str]]) -> None:
    """Write the totals of each segment of the shop's own, also where nobody is in it."""
    beside = memberships.join(
        scores,
        (scores.c.batch == memberships.c.batch) & (scores.c.customer_id == memberships.c.customer_id),
    )
    for position, (name, rule) in enumerate(rules):
        totals = connection.execute(
            sa.select(
                sa.func.count().label("customers"),
                *(
                    sa.func.coalesce(sa.func.sum(value), 0).label(column)
                    for column, value in {
                        "scored": sa.case((scores.c.eligible, 1), else_=0),
                        "clv": scores.c.clv,
                        "value_at_risk": scores.c.value_at_risk,
                        "expected_churners": scores.c.churn_probability,
                        **{band: sa.case((scores.c.risk_band == band, 1), else_=0) for band in BANDS},
                    }.items()
                ),
            )
            .select_from(beside)
            .where(memberships.c.batch == sequence, memberships.c.segment == name)
        ).one()
        connection.execute(
            own_segments.insert().values(
                batch=sequence, position=position, name=name, rule=rule, **totals._mapping
            )
        )


def read_own_segments(connection: sa.Connection, sequence: int) -> list[OwnSegment]:
    """The segments of the shop's own in a batch, in the order of the configuration."""
    query = sa.select(own_segments).where(own_segments.c.batch == sequence)
    return [
        OwnSegment(
            name=row.name,
            customers=row.customers,
            scored=row.scored,
            clv=row.clv,
            value_at_risk=row.value_at_risk,
            churn_probability=row.expected_churners / row.scored if row.scored else None,
            bands={band: getattr(row, band) for band in BANDS if getattr(row, band)},
            rule=row.rule,
        )
        for row in connection.execute(query.order_by(own_segments.c.position))
    ]


def own_segments_by_customer(
    connection: sa.Connection, sequence: int, customer_ids: list[str]
) -> dict[str, list[str]]:
    """The segments of the shop's own that each customer is in; who is in none is left out."""
    found: dict[str, list[str]] = {}
    query = sa.select(memberships.c.customer_id, memberships.c.segment).where(
        memberships.c.batch == sequence, memberships.c.customer_id.in_(customer_ids)
    )
    for row in connection.execute(query.order_by(memberships.c.segment)):
        found.setdefault(row.customer_id, []).append(row.segment)
    return found


def read_levels(connection: sa.Connection, sequence: int) -> dict[str, dict[str, int]]:
    """The attributes of a batch: how many customers have which value."""
    found: dict[str, dict[str, int]] = {}
    query = sa.select(levels).where(levels.c.batch == sequence)
    for row in connection.execute(query.order_by(levels.c.name, levels.c.customers.desc(), levels.c.value)):
        found.setdefault(row.name, {})[row.value] = row.customers
    return found


def _memberships(sequence: int, named: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    for customer_id, segments in zip(named["customer_id"], named[OWN_SEGMENTS], strict=True):
        for segment in orjson.loads(segments):
            yield sequence, segment, customer_id
