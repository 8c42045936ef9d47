"""What marks customers of a batch beside their scores, attributes and segments of the shop's own: who has which."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from serving.store.batches import OwnSegment
from serving.store.schema import (
    BANDS,
    attributes,
    levels,
    memberships,
    own_segments,
    scores,
)


def write_marks(connection: sa.Connection, sequence: int, has_own_segments: bool) -> None:
    """Write down who has which mark, from what the rows of the batch tell of each customer; count the attributes."""
    told = _unfolded(connection, "attributes", "json_each_text", "key", "value")
    _write(connection, sequence, attributes, told)
    if has_own_segments:
        named = _unfolded(connection, "own_segments", "json_array_elements_text", "value")
        _write(connection, sequence, memberships, named)
    counted = (
        sa.select(attributes.c.batch, attributes.c.name, attributes.c.value, sa.func.count())
        .where(attributes.c.batch == sequence)
        .group_by(attributes.c.batch, attributes.c.name, attributes.c.value)
    )
    connection.execute(levels.insert().from_select(list(levels.c), counted))


def _unfolded(connection: sa.Connection, column: str, on_postgresql: str, *columns: str) -> Any:
    """A row for each thing in the JSON of a column of `scores`."""
    cell = scores.c[column]
    if connection.dialect.name == "sqlite":
        return sa.func.json_each(cell).table_valued(*columns)
    return getattr(sa.func, on_postgresql)(sa.cast(cell, sa.JSON)).table_valued(*columns)


def _write(connection: sa.Connection, sequence: int, table: sa.Table, marks: Any) -> None:
    """Fill a table whose key is batch, marks and customer, in its order: its tree then only grows at one end."""
    rows = (
        sa.select(scores.c.batch, *marks.c, scores.c.customer_id)
        .select_from(scores.join(marks, sa.true()))
        .where(scores.c.batch == sequence)
        .order_by(*marks.c, scores.c.customer_id)
    )
    connection.execute(table.insert().from_select(list(table.c), rows))


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


def read_levels(connection: sa.Connection, sequence: int) -> dict[str, dict[str, int]]:
    """The attributes of a batch: how many customers have which value."""
    found: dict[str, dict[str, int]] = {}
    query = sa.select(levels).where(levels.c.batch == sequence)
    for row in connection.execute(query.order_by(levels.c.name, levels.c.customers.desc(), levels.c.value)):
        found.setdefault(row.name, {})[row.value] = row.customers
    return found
