"""One customer with everything that stands beside their score, or many: the questions the service is asked most.

Each is one statement, which sees one snapshot by itself, put to the driver: SQLAlchemy's part would be most of
its time.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

import orjson
import sqlalchemy as sa

from models.horizons import Horizons
from models.scores import ANSWERS, COLUMNS, NAMES
from serving.store.batches import Answers, Portrait, PublishedBatch, Score
from serving.store.errors import NoScoresError
from serving.store.schema import batches

BATCH = tuple(column.name for column in batches.c)
DATES = tuple(NAMES.index(column.name) for column in ANSWERS if column.kind == "date")
FLAGS = tuple(NAMES.index(column.name) for column in COLUMNS if column.kind == "flag")
REASONS = NAMES.index("reasons")
JSON = {
    "sqlite": (
        "json_group_object(name, value) FROM attributes INDEXED BY attributes_by_customer",
        "json_group_array(segment) FROM memberships INDEXED BY memberships_by_customer",
        "?",
    ),
    "postgresql": (
        "json_object_agg(name, value)::text FROM attributes",
        "json_agg(segment)::text FROM memberships",
        "%s",
    ),
}
"""SQLite is told the index: without statistics it takes one that holds all it needs, and walks the whole batch."""


@cache
def statement(dialect: str) -> str:
    """What to ask: a row for every batch kept, oldest first; the customer's id is asked for three times."""
    attributes, segments, mark = JSON[dialect]
    of_served = "batch = b.sequence AND customer_id = " + mark
    served = "b.sequence = (SELECT max(sequence) FROM batches)"
    cells = ", ".join(f"s.{column.name}" for column in ANSWERS)
    return (
        f"SELECT {', '.join(f'b.{name}' for name in BATCH)}, s.customer_id, {cells}, "
        f"CASE WHEN {served} THEN (SELECT {attributes} WHERE {of_served}) END, "
        f"CASE WHEN {served} THEN (SELECT {segments} WHERE {of_served}) END "
        f"FROM batches b LEFT JOIN scores s ON s.batch = b.sequence AND s.customer_id = {mark} ORDER BY b.sequence"
    )


ASKED = {
    "sqlite": ("scores s INDEXED BY scores_by_customer", "IN (SELECT value FROM json_each(?))"),
    "postgresql": ("scores s", "IN (SELECT json_array_elements_text(%s::json))"),
}


@cache
def many_statement(dialect: str) -> str:
    """What to ask of many customers, whose ids come as one JSON list: a row each, or one without any of them."""
    table, among = ASKED[dialect]
    cells = ", ".join(f"s.{column.name}" for column in ANSWERS)
    return (
        f"SELECT {', '.join(f'b.{name}' for name in BATCH)}, s.customer_id, {cells} "
        f"FROM batches b LEFT JOIN {table} ON s.batch = b.sequence AND s.customer_id {among} "
        "WHERE b.sequence = (SELECT max(sequence) FROM batches)"
    )


def ask_customers(connection: Any, dialect: str, customer_ids: Sequence[str]) -> Answers:
    """Those of the customers whom the served batch knows. Raises NoScoresError before the first."""
    rows = _rows(connection, many_statement(dialect), (orjson.dumps(customer_ids).decode(),))
    batch = _batch(*rows[0][: len(BATCH)])
    places = len(BATCH)
    return Answers(
        batch, {row[places]: _score(row[places:], batch) for row in rows if row[places] is not None}
    )


def ask_portrait(connection: Any, dialect: str, customer_id: str) -> Portrait:
    """The customer as the driver's `connection` tells. Raises NoScoresError before the first batch."""
    rows = _rows(connection, statement(dialect), (customer_id,) * 3)
    *_, attributes, segments = rows[-1]
    batch = _batch(*rows[-1][: len(BATCH)])
    history = [
        (of, _in_json(row[len(BATCH) : -2], of))
        for row in rows
        if row[len(BATCH)] is not None
        for of in [_batch(*row[: len(BATCH)])]
    ]
    if not history or history[-1][0].sequence != batch.sequence:
        return Portrait(batch, None, {}, [], [])
    score = history[-1][1]
    if score["rfm_segment"] is None:
        # Whoever objects to profiling has no past either.
        return Portrait(batch, score, {}, [], history[-1:])
    told = dict(sorted(orjson.loads(attributes or "{}").items()))
    return Portrait(batch, score, told, sorted(orjson.loads(segments or "[]")), history)


def _rows(connection: Any, command: str, asked: tuple[str, ...]) -> list[tuple[Any, ...]]:
    try:
        rows: list[tuple[Any, ...]] = connection.execute(command, asked).fetchall()
    except Exception as error:
        raise sa.exc.DBAPIError(command, None, error) from error
    if not rows:
        raise NoScoresError
    return rows


@lru_cache(maxsize=256)
def _batch(*cells: Any) -> PublishedBatch:
    row = dict(zip(BATCH, cells, strict=True))
    as_of = row["as_of"]
    return PublishedBatch(
        sequence=row["sequence"],
        as_of=date.fromisoformat(as_of) if isinstance(as_of, str) else as_of,
        scored_at=datetime.fromisoformat(row["scored_at"]),
        model_version=row["model_version"],
        horizons=Horizons(**{name: row[name] for name in Horizons.model_fields}),
        fingerprint=row["fingerprint"],
        customers=row["customers"],
        eligible=row["eligible"],
    )


def _in_json(cells: Sequence[Any], batch: PublishedBatch) -> Score:
    """The score for an answer in JSON, which takes dates and reasons as the store has them."""
    values = [cells[0], batch.as_of, batch.scored_at, batch.model_version, *cells[1:]]
    for place in FLAGS:
        values[place] = bool(values[place])
    if values[REASONS] is not None:
        values[REASONS] = orjson.Fragment(values[REASONS])
    return dict(zip(NAMES, values, strict=True))


def _score(cells: Sequence[Any], batch: PublishedBatch) -> Score:
    values = [cells[0], batch.as_of, batch.scored_at, batch.model_version, *cells[1:]]
    for place in DATES:
        if isinstance(values[place], str):
            values[place] = date.fromisoformat(values[place])
    for place in FLAGS:
        values[place] = bool(values[place])
    if values[REASONS] is not None:
        values[REASONS] = orjson.loads(values[REASONS])
    return dict(zip(NAMES, values, strict=True))
