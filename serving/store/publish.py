"""Publishing: a batch appears in one transaction, or not at all."""

import os
import socket
from collections.abc import Iterable
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from serving.scoring.score_records import SCHEMA, score_table
from serving.store import postgresql as store_postgresql
from serving.store import sqlite as store_sqlite
from serving.store.batches import Batch, Publication
from serving.store.bulk import indexed_afterwards, rows_of
from serving.store.changes import note_changes
from serving.store.errors import StoreError
from serving.store.marks import count_own_segments, write_marks
from serving.store.migrations import bring_up_to_date, needs_work
from serving.store.movements import count_movements, drop_movements
from serving.store.rows import LATEST, published_batch
from serving.store.schema import MARKS, OF_A_BATCH, batches, scores
from serving.store.timelines import replace_timelines
from serving.store.totals import Totals

ENGINES = {"sqlite": store_sqlite, "postgresql": store_postgresql}


def publish(
    engine: sa.Engine,
    batch: Batch,
    chunks: Iterable[pd.DataFrame],
    keep_batches: int,
    *,
    timelines: Iterable[pa.Table] = (),
) -> Publication:
    """Write the batch and make it the served one, drop what it replaces, prune what is too old.

    Each chunk has one row per customer: customer_id, every column of models.scores.ANSWERS, and those of
    serving.store.schema.MARKS that the shop has any of. `timelines`, as `serving.store.timelines.write` makes
    them, take the place of all there are. Nothing of either is read where the store already holds these scores.
    """
    holder = _holder(f"the scoring of {batch.as_of}")
    with ENGINES[engine.dialect.name].only_publisher(engine, holder) as connection:
        bring_up_to_date(connection)
        if (unchanged := already_published(connection, batch)) is not None:
            return unchanged
        previous = connection.scalar(LATEST.element)
        replaced = connection.scalar(sa.select(batches.c.sequence).where(batches.c.as_of == batch.as_of))
        if replaced is not None:
            _set_aside(connection, replaced)
        sequence = _announce(connection, batch)
        totals = Totals()
        with indexed_afterwards(connection, scores):
            for chunk in chunks:
                totals.add(_write(connection, sequence, chunk))
        if totals.write(connection, sequence) == 0:
            raise StoreError(
                f"There is nobody to score as of {batch.as_of}: no customer and no purchase is known before that "
                "day. Nothing was published; choose a later --as-of."
            )
        write_marks(connection, sequence, bool(batch.own_segments))
        count_own_segments(connection, sequence, batch.own_segments)
        note_changes(connection, sequence, previous, keep_batches)
        if replaced is not None:
            _drop(connection, [replaced])
        count_movements(connection, sequence)
        replace_timelines(connection, timelines)
        pruned = _too_old(connection, keep_batches)
        _drop(connection, pruned)
        row = connection.execute(sa.select(batches).where(batches.c.sequence == sequence)).one()
    return Publication(published_batch(row), True, replaced, tuple(pruned))


def migrate(engine: sa.Engine) -> None:
    """Carry a store of an earlier layout on, under its lock; an empty or a current one is left alone."""
    with engine.connect() as connection, connection.begin():
        if not needs_work(connection):
            return
    with ENGINES[engine.dialect.name].only_publisher(engine, _holder("the migration")) as connection:
        bring_up_to_date(connection)


def already_published(connection: sa.Connection, batch: Batch) -> Publication | None:
    """The batch kept that holds these very scores; None where there is none."""
    row = connection.execute(
        sa.select(batches).where(
            batches.c.as_of == batch.as_of,
            batches.c.model_version == batch.model_version,
            batches.c.fingerprint == batch.fingerprint,
        )
    ).one_or_none()
    return None if row is None else Publication(published_batch(row), False, None, ())


def _holder(work: str) -> str:
    return f"{work} by process {os.getpid()} on {socket.gethostname()}"


def _set_aside(connection: sa.Connection, sequence: int) -> None:
    """Free the day of the batch that is replaced, which stays until it was compared with the new one."""
    connection.execute(batches.update().where(batches.c.sequence == sequence).values(as_of=date.min))


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


def _write(connection: sa.Connection, sequence: int, chunk: pd.DataFrame) -> pa.Table:
    engine = ENGINES[connection.dialect.name]
    answers = score_table(chunk)
    columns = answers.columns
    if engine is store_sqlite:
        columns = [c.cast(pa.string()) if pa.types.is_date(c.type) else c for c in columns]
    # Whoever objects to profiling is in no segment, and nothing else is told of them either.
    marked, nothing = answers["rfm_segment"].is_valid(), pa.scalar(None, pa.string())
    for name in MARKS:
        told = pa.array(chunk[name], pa.string(), from_pandas=True) if name in chunk else nothing
        columns.append(pc.if_else(marked, told, nothing))
    rows = rows_of([pa.repeat(sequence, answers.num_rows), *columns])
    engine.copy_rows(connection, "scores", ("batch", *SCHEMA.names, *MARKS), rows)
    return answers


def _too_old(connection: sa.Connection, keep_batches: int) -> list[int]:
    newest = sa.select(batches.c.sequence).order_by(batches.c.sequence.desc()).offset(keep_batches)
    if connection.dialect.name == "sqlite":
        newest = newest.limit(-1)
    return list(connection.scalars(newest))


def _drop(connection: sa.Connection, sequences: list[int]) -> None:
    for sequence in sequences:
        drop_movements(connection, sequence)
        for table in OF_A_BATCH:
            connection.execute(table.delete().where(table.c.batch == sequence))
        connection.execute(batches.delete().where(batches.c.sequence == sequence))
