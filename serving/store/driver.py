"""Questions put to the database's driver itself: SQLAlchemy's part would be most of the time of a short one."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

import orjson
import sqlalchemy as sa

from models.horizons import Horizons
from models.scores import ANSWERS, COLUMNS, NAMES
from serving.store.batches import PublishedBatch, Score
from serving.store.errors import NoScoresError
from serving.store.schema import batches

BATCH = tuple(column.name for column in batches.c)
BATCH_CELLS = ", ".join(f"b.{name}" for name in BATCH)
"""What to select of `batches b` for `batch_of`."""
SCORE_CELLS = ", ".join(f"s.{name}" for name in ("customer_id", *(column.name for column in ANSWERS)))
"""What to select of `scores s` for `score_of` and `score_in_json`."""

MARK = {"sqlite": "?", "postgresql": "%s"}
AMONG = {
    "sqlite": "IN (SELECT value FROM json_each(?))",
    "postgresql": "IN (SELECT json_array_elements_text(%s::json))",
}
"""A condition on ids that come as one JSON list: one statement for any number of them."""
BY_CUSTOMER = {"sqlite": "scores s INDEXED BY scores_by_customer", "postgresql": "scores s"}
"""SQLite is told the index: without statistics it takes one that holds all it needs, and walks the whole batch."""

DATES = tuple(NAMES.index(column.name) for column in ANSWERS if column.kind == "date")
FLAGS = tuple(NAMES.index(column.name) for column in COLUMNS if column.kind == "flag")
REASONS = NAMES.index("reasons")


def rows_of(connection: Any, command: str, asked: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of an answer. What the driver raises comes as SQLAlchemy's DBAPIError."""
    try:
        rows: list[tuple[Any, ...]] = connection.execute(command, asked).fetchall()
    except Exception as error:
        raise sa.exc.DBAPIError(command, None, error) from error
    return rows


def ask_scores(
    connection: Any, dialect: str, batch: PublishedBatch, customer_ids: Sequence[str], in_json: bool
) -> dict[str, Score]:
    """The scores of those of the customers whom the batch knows, by id; see `score_in_json` for `in_json`."""
    told = score_in_json if in_json else score_of
    asked = (batch.sequence, orjson.dumps(customer_ids).decode())
    return {row[0]: told(row, batch) for row in rows_of(connection, _scores_statement(dialect), asked)}


@cache
def _scores_statement(dialect: str) -> str:
    return (
        f"SELECT {SCORE_CELLS} FROM {BY_CUSTOMER[dialect]} "
        f"WHERE s.batch = {MARK[dialect]} AND s.customer_id {AMONG[dialect]}"
    )


@cache
def _batch_statement(dialect: str, served: bool) -> str:
    wanted = "(SELECT max(sequence) FROM batches)" if served else MARK[dialect]
    return f"SELECT {BATCH_CELLS} FROM batches b WHERE b.sequence = {wanted}"


def ask_batch(connection: Any, dialect: str, sequence: int | None) -> PublishedBatch | None:
    """Batch `sequence`, None where it is not kept. The served one without; raises NoScoresError before the first."""
    asked = () if sequence is None else (sequence,)
    rows = rows_of(connection, _batch_statement(dialect, sequence is None), asked)
    if rows:
        return batch_of(*rows[0])
    if sequence is None:
        raise NoScoresError
    return None


def ask_secret(connection: Any) -> bytes:
    """What the cursors of this store are signed with."""
    return bytes.fromhex(rows_of(connection, "SELECT value FROM about WHERE name = 'cursor_secret'")[0][0])


def ask_newest_contact(connection: Any) -> int:
    """The number of the newest contact; 0 before the first."""
    return int(rows_of(connection, "SELECT max(number) FROM contacts")[0][0] or 0)


@lru_cache(maxsize=256)
def batch_of(*cells: Any) -> PublishedBatch:
    """The batch from the values of BATCH."""
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


def score_in_json(cells: Sequence[Any], batch: PublishedBatch) -> Score:
    """The score for an answer in JSON, which takes dates as ISO text and reasons, an `orjson.Fragment`, as stored."""
    values = [cells[0], batch.as_of, batch.scored_at, batch.model_version, *cells[1:]]
    for place in FLAGS:
        values[place] = bool(values[place])
    if values[REASONS] is not None:
        values[REASONS] = orjson.Fragment(values[REASONS])
    return dict(zip(NAMES, values, strict=True))


def score_of(cells: Sequence[Any], batch: PublishedBatch) -> Score:
    """The contract's columns from the values of SCORE_CELLS."""
    values = [cells[0], batch.as_of, batch.scored_at, batch.model_version, *cells[1:]]
    for place in DATES:
        if isinstance(values[place], str):
            values[place] = date.fromisoformat(values[place])
    for place in FLAGS:
        values[place] = bool(values[place])
    if values[REASONS] is not None:
        values[REASONS] = orjson.loads(values[REASONS])
    return dict(zip(NAMES, values, strict=True))
