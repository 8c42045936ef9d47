"""One customer with everything that stands beside their score: the question the service is asked most.

It is one statement, which sees one snapshot by itself, put to the driver: SQLAlchemy's part would be most of its time.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

import orjson
import sqlalchemy as sa

from models.horizons import Horizons
from models.scores import ANSWERS, COLUMNS, NAMES
from serving.store.batches import Portrait, PublishedBatch, Score
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


def ask_portrait(connection: Any, dialect: str, customer_id: str) -> Portrait:
    """The customer as the driver's `connection` tells. Raises NoScoresError before the first batch."""
    try:
        rows = connection.execute(statement(dialect), (customer_id,) * 3).fetchall()
    except Exception as error:
        raise sa.exc.DBAPIError(statement(dialect), None, error) from error
    if not rows:
        raise NoScoresError
    *_, attributes, segments = rows[-1]
    batch = _batch(*rows[-1][: len(BATCH)])
    history = [
        (of, _score(row[len(BATCH) : -2], of))
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
