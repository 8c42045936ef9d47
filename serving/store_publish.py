"""Publishing: a batch appears in one transaction, or not at all."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import orjson
import pandas as pd
import sqlalchemy as sa

from models.scores import ANSWERS
from serving.batches import Batch, Publication
from serving.store_errors import StoreError, StoreUnavailableError
from serving.store_rows import published_batch
from serving.store_schema import batches, create, scores, segments

COLUMNS = ("customer_id", *(column.name for column in ANSWERS))
ADVISORY_LOCK = 7_364_839_201


def publish(
    engine: sa.Engine, batch: Batch, chunks: Iterable[pd.DataFrame], keep_batches: int
) -> Publication:
    """Write the batch and make it the served one, drop what it replaces, prune what is too old.

    Each chunk has one row per customer: customer_id and every column of models.scores.ANSWERS. Nothing
    of `chunks` is read where the store already holds these scores.
    """
    holder = f"the scoring of {batch.as_of} by process {os.getpid()} on {socket.gethostname()}"
    with _only_publisher(engine, holder) as connection:
        create(connection)
        held = connection.execute(sa.select(batches).where(batches.c.as_of == batch.as_of)).one_or_none()
        if held and (held.model_version, held.fingerprint) == (batch.model_version, batch.fingerprint):
            return Publication(published_batch(held), False, None, ())
        if held:
            _drop(connection, [held.sequence])
        sequence = _announce(connection, batch)
        for chunk in chunks:
            _write(connection, sequence, chunk)
        _count(connection, sequence, batch.as_of)
        pruned = _too_old(connection, keep_batches)
        _drop(connection, pruned)
        row = connection.execute(sa.select(batches).where(batches.c.sequence == sequence)).one()
    return Publication(published_batch(row), True, held.sequence if held else None, tuple(pruned))


@contextlib.contextmanager
def _only_publisher(engine: sa.Engine, holder: str) -> Iterator[sa.Connection]:
    """A transaction that nobody else can open at the same time; ends with its process, however that ends."""
    if engine.dialect.name == "sqlite":
        with _lock_file(engine, holder), engine.connect() as connection:
            connection = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection
        return
    with engine.connect() as connection:
        # Each statement sees what is committed: the batch of a publisher who ended while we waited.
        connection = connection.execution_options(isolation_level="READ COMMITTED")
        with connection.begin():
            connection.execute(sa.text("SELECT set_config('application_name', :h, true)"), {"h": holder[:63]})
            if not connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(ADVISORY_LOCK))):
                raise StoreUnavailableError(_busy(_advisory_holder(connection)))
            yield connection


@contextlib.contextmanager
def _lock_file(engine: sa.Engine, holder: str) -> Iterator[None]:
    path = f"{engine.url.database}.publishing"
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreUnavailableError(_busy(file.read())) from None
        file.truncate(0)
        file.write(holder)
        file.flush()
        yield
        file.truncate(0)


def _advisory_holder(connection: sa.Connection) -> str:
    return str(
        connection.scalar(
            sa.text(
                "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
                "WHERE locktype = 'advisory' AND granted "
                "AND (classid::bigint << 32) | objid::bigint = :lock"
            ),
            {"lock": ADVISORY_LOCK},
        )
        or ""
    )


def _busy(holder: str) -> str:
    return (
        f"Another batch is being published by {holder or 'somebody else'}. "
        "Nothing was changed; try again later."
    )


def _announce(connection: sa.Connection, batch: Batch) -> int:
    horizons = batch.horizons
    inserted = connection.execute(
        batches.insert().values(
            as_of=batch.as_of,
            scored_at=batch.scored_at,
            model_version=batch.model_version,
            churn_window_days=horizons.churn_window_days,
            clv_horizon_days=horizons.clv_horizon_days,
            margin=horizons.margin,
            annual_discount_rate=horizons.annual_discount_rate,
            fingerprint=batch.fingerprint,
            customers=0,
            eligible=0,
        )
    )
    (sequence,) = inserted.inserted_primary_key or (None,)
    assert isinstance(sequence, int)
    return sequence


def _write(connection: sa.Connection, sequence: int, chunk: pd.DataFrame) -> None:
    """The fast path of each engine: COPY on PostgreSQL, the driver's own executemany on SQLite."""
    sqlite = connection.dialect.name == "sqlite"
    cells = [[sequence] * len(chunk), *(_cells(chunk[name], sqlite) for name in COLUMNS)]
    rows = zip(*cells, strict=True)
    names = ", ".join(("batch", *COLUMNS))
    if sqlite:
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        connection.exec_driver_sql(f"INSERT INTO scores ({names}) VALUES ({marks})", list(rows))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY scores ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _cells(column: pd.Series, sqlite: bool) -> list[Any]:
    """Python values as the driver takes them; everything missing, NaN too, is None."""
    values = column.astype(object).where(column.notna(), None).tolist()
    if column.name == "reasons":
        return [
            v
            if v is None or isinstance(v, str)
            else orjson.dumps(v, option=orjson.OPT_SERIALIZE_NUMPY).decode()
            for v in values
        ]
    if sqlite and column.name == "expected_next_purchase_at":
        return [None if v is None else v.isoformat()[:10] for v in values]
    return values


def _count(connection: sa.Connection, sequence: int, as_of: date) -> None:
    """Count the batch into its row and its segments; refuse an empty one."""
    number = sa.func.count()
    scored = sa.func.sum(sa.case((scores.c.eligible, 1), else_=0))
    customers, eligible = connection.execute(
        sa.select(number, scored).where(scores.c.batch == sequence)
    ).one()
    if customers == 0:
        raise StoreError(
            f"There is nobody to score as of {as_of}: no customer and no purchase is known before that day. "
            "Nothing was published; choose a later --as-of."
        )
    connection.execute(
        batches.update().where(batches.c.sequence == sequence).values(customers=customers, eligible=eligible)
    )
    totals = [
        sa.func.coalesce(sa.func.sum(scores.c[c]), 0.0) for c in ("clv", "value_at_risk", "churn_probability")
    ]
    connection.execute(
        segments.insert().from_select(
            list(segments.c),
            sa.select(scores.c.batch, scores.c.rfm_segment, scores.c.risk_band, number, scored, *totals)
            .where(scores.c.batch == sequence, scores.c.rfm_segment.is_not(None))
            .group_by(scores.c.batch, scores.c.rfm_segment, scores.c.risk_band),
        )
    )


def _too_old(connection: sa.Connection, keep_batches: int) -> list[int]:
    newest = sa.select(batches.c.sequence).order_by(batches.c.sequence.desc()).offset(keep_batches)
    if connection.dialect.name == "sqlite":
        newest = newest.limit(-1)
    return list(connection.scalars(newest))


def _drop(connection: sa.Connection, sequences: list[int]) -> None:
    for sequence in sequences:
        connection.execute(scores.delete().where(scores.c.batch == sequence))
        connection.execute(segments.delete().where(segments.c.batch == sequence))
        connection.execute(batches.delete().where(batches.c.sequence == sequence))
