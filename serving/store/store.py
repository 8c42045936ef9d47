"""The store of scores: one writer publishes whole batches, many readers answer from the latest."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from serving.settings import StoreSettings
from serving.store.batches import (
    Answer,
    Answers,
    Batch,
    Page,
    Portrait,
    Publication,
    PublishedBatch,
    Score,
    Segment,
    Segments,
)
from serving.store.candidates import Candidates, choose_candidates
from serving.store.connections import Connections
from serving.store.driver import score_of
from serving.store.errors import NoScoresError, StoreError
from serving.store.feed import Feed, Wanted, feed
from serving.store.filters import Filters, check_names, conditions
from serving.store.lists import Sort, page
from serving.store.marks import read_levels, read_own_segments
from serving.store.movements import Movement, read_movement
from serving.store.portraits import Portraits, ask_customers
from serving.store.publish import already_published, publish
from serving.store.roll_pages import RollPages
from serving.store.rolls import Rolls
from serving.store.rows import (
    CELLS,
    LATEST_BATCH,
    LATEST_BATCH_AND_SCORE,
    published_batch,
)
from serving.store.schema import batches, scores, segments
from serving.store.timelines import Timeline, read_lately, read_timeline

__all__ = ["Filters", "ScoreStore", "Sort"]

EXPORT_ROWS = 10_000
DRAWER_ROWS = 1_000


class ScoreStore:
    """Scores at `settings.url`; a SQLite file's relative path starts at `folder`.

    Opening connects nowhere. Readers (`read_only=True`) never make, change or lock anything; before the
    first publication they answer with NoScoresError. Every method reads one snapshot, so never half a batch.
    Raises StoreError, whose sentence says what to do; StoreUnavailableError where trying again may help.
    """

    def __init__(self, settings: StoreSettings, folder: Path, read_only: bool) -> None:
        self._keep_batches = settings.keep_batches
        self._connections = Connections(settings, folder, read_only)
        self._rolls = Rolls(self.reading)
        self._portraits = Portraits(self.dialect)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._rolls.close()
        self._connections.close()

    def publish(
        self,
        batch: Batch,
        chunks: Iterable[pd.DataFrame],
        *,
        timelines: Iterable[pa.Table] = (),
    ) -> Publication:
        """Publish a batch in one transaction; see serving.store.publish.publish."""
        with self._connections.in_sentences():
            engine = self._connections.engine
            return publish(engine, batch, chunks, self._keep_batches, timelines=timelines)

    def holds(self, batch: Batch) -> Publication | None:
        """What publishing `batch` would answer if it changes nothing; None if it would change something."""
        with contextlib.suppress(NoScoresError), self.reading() as connection:
            return already_published(connection, batch)
        return None

    def latest_batch(self) -> PublishedBatch | None:
        """The served batch, the one with the highest sequence; None before the first."""
        try:
            with self.reading() as connection:
                return _latest_batch(connection)
        except NoScoresError:
            return None

    def check_names(self, filters: Filters) -> PublishedBatch:
        """The served batch, which knows every name that the filters ask for; raises UnknownNameError."""
        with self.reading() as connection:
            batch = _latest_batch(connection)
            check_names(connection, batch.sequence, filters)
            return batch

    def batches(self) -> list[PublishedBatch]:
        """Every batch still kept, newest first."""
        with self.reading() as connection:
            rows = connection.execute(sa.select(batches).order_by(batches.c.sequence.desc()))
            return [published_batch(row) for row in rows]

    def customer(self, customer_id: str) -> Answer:
        """One customer in the served batch. Raises NoScoresError before the first."""
        asked = {"customer_id": customer_id if _storable(customer_id) else None}
        with self.reading() as connection:
            row = connection.execute(LATEST_BATCH_AND_SCORE, asked).one_or_none()
        if row is None:
            raise NoScoresError
        batch, cells = published_batch(row), row[len(batches.c) :]
        return Answer(batch, score_of(cells, batch) if cells[0] is not None else None)

    def customers(self, customer_ids: Sequence[str], in_json: bool = False) -> Answers:
        """Several customers in the served batch, by id; unknown ones are left out.

        With `in_json` scores are as JSON takes them: a date may be ISO text, reasons are an `orjson.Fragment`.
        """
        with self._connections.driver() as connection:
            askable = [i for i in customer_ids if _storable(i)]
            return ask_customers(connection, self.dialect, askable, in_json)

    def history(self, customer_id: str) -> list[tuple[PublishedBatch, Score]]:
        """The customer's score in every batch kept, newest first; empty for an unknown customer."""
        if not _storable(customer_id):
            return []
        with self.reading() as connection:
            return _history(connection, customer_id)

    def portrait(self, customer_id: str) -> Portrait:
        """One customer in the served batch, with their attributes, own segments and history."""
        asked = customer_id if _storable(customer_id) else ""
        with self._connections.driver() as connection:
            return self._portraits.ask(connection, asked)

    def drawers_before(self, as_of: date, customer_ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
        """Band and tier of these customers in the newest batch of an earlier day; who is not in it is left out."""
        found: dict[str, dict[str, str | None]] = {}
        with contextlib.suppress(NoScoresError), self.reading() as connection:
            sequence = connection.scalar(
                sa.select(batches.c.sequence)
                .where(batches.c.as_of < as_of)
                .order_by(batches.c.as_of.desc())
                .limit(1)
            )
            for start in range(0, len(customer_ids) if sequence is not None else 0, DRAWER_ROWS):
                query = sa.select(scores.c.customer_id, scores.c.risk_band, scores.c.value_tier).where(
                    scores.c.batch == sequence,
                    scores.c.customer_id.in_(customer_ids[start : start + DRAWER_ROWS]),
                )
                for row in connection.execute(query):
                    found[row.customer_id] = {"risk_band": row.risk_band, "value_tier": row.value_tier}
        return found

    def attributes(self) -> dict[str, dict[str, int]]:
        """The attributes of the served batch: how many customers have which value, the commonest first."""
        with self.reading() as connection:
            return read_levels(connection, _latest_batch(connection).sequence)

    def changes(self, since: str | None, limit: int, wanted: Wanted) -> Feed:
        """What changed since a cursor; see serving.store.feed.feed."""
        with self.reading() as connection:
            return feed(connection, since, limit, wanted)

    def at_risk(
        self,
        filters: Filters,
        limit: int,
        cursor: str | None = None,
        sort: Sort = "value_at_risk",
        resting_since: datetime | None = None,
        in_json: bool = False,
    ) -> Page:
        """A page of scored customers, highest `sort` first; raises CursorError or CursorGoneError too.

        Without those who were contacted, or held back, at or after `resting_since`. With `in_json` scores are as
        JSON takes them. From memory where the batch has been read; a large one is read beside the first questions.
        """
        with self.reading() as connection:
            pages = RollPages(
                connection.connection.driver_connection,
                self.dialect,
                lambda batch: self._rolls.soon(connection, batch),
                may_read=True,
            )
            found = pages.page(filters, sort, limit, cursor, resting_since, in_json)
            return found or page(connection, filters, sort, limit, cursor, resting_since)

    def at_risk_at_hand(
        self,
        filters: Filters,
        limit: int,
        cursor: str | None,
        sort: Sort,
        resting_since: datetime | None,
        in_json: bool,
    ) -> Page | None:
        """The same within a few milliseconds; None where more than the page itself would have to be read for it."""
        with self.asking() as connection:
            pages = RollPages(connection, self.dialect, self._rolls.at_hand, may_read=False)
            return pages.page(filters, sort, limit, cursor, resting_since, in_json)

    def members(
        self, segment: str, limit: int, cursor: str | None = None, sort: Sort = "value_at_risk"
    ) -> Page:
        """A page of a segment's customers, those without a score last."""
        return self.at_risk(Filters(scored_only=False, rfm_segment=segment), limit, cursor, sort)

    def segments(self, sequence: int | None = None) -> Segments:
        """The segments of a batch (the served one if None), largest first; the empty are left out."""
        with self.reading() as connection:
            batch = _batch(connection, sequence)
            rows = connection.execute(sa.select(segments).where(segments.c.batch == batch.sequence)).all()
            own = read_own_segments(connection, batch.sequence)
        parts: dict[str, list[sa.Row[tuple[object, ...]]]] = {}
        for row in rows:
            parts.setdefault(row.rfm_segment, []).append(row)
        told = [_segment(name, rows) for name, rows in parts.items()]
        return Segments(batch, sorted(told, key=lambda s: (-s.customers, s.name)), own)

    def timeline(self, customer_id: str) -> Timeline | None:
        """What the customer did lately; None where none was published with the served batch."""
        if not _storable(customer_id):
            return None
        with self.reading() as connection:
            return read_timeline(connection, customer_id)

    def lately(self, customer_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """How often these customers did what lately, by kind; those without a time line are left out."""
        with self.reading() as connection:
            return read_lately(connection, [i for i in customer_ids if _storable(i)])

    def movement(self, sequence: int) -> Movement | None:
        """How batch `sequence` differs from the one before it; None where none before it is kept."""
        with self.reading() as connection:
            return read_movement(connection, sequence)

    def value_at_risk_by_batch(self) -> list[tuple[PublishedBatch, float]]:
        """Every batch kept and the value at risk of all its customers, oldest first."""
        total = sa.func.coalesce(sa.func.sum(segments.c.value_at_risk), 0.0)
        beside = batches.outerjoin(segments, segments.c.batch == batches.c.sequence)
        query = sa.select(*batches.c, total.label("total")).select_from(beside).group_by(*batches.c)
        with self.reading() as connection:
            rows = connection.execute(query.order_by(batches.c.sequence)).all()
            return [(published_batch(row), row.total) for row in rows]

    def iterate(self, sequence: int | None = None, filters: Filters | None = None) -> Iterator[list[Score]]:
        """Every row of a batch (the served one if None) in order of customer_id, some thousands at a time.

        With `filters` those of them that are found; without, also those who are on no list.
        """
        with self.reading() as connection:
            batch = _batch(connection, sequence)
            query = sa.select(*CELLS).where(scores.c.batch == batch.sequence).order_by(scores.c.customer_id)
            if filters is not None:
                query = query.where(*conditions(connection, batch.sequence, filters, None))
            last = None
            while rows := connection.execute(
                query.limit(EXPORT_ROWS)
                if last is None
                else query.where(scores.c.customer_id > last).limit(EXPORT_ROWS)
            ).all():
                yield [score_of(row, batch) for row in rows]
                last = rows[-1].customer_id

    def forecasts(self, sequence: int) -> pd.DataFrame:
        """`customer_id, churn_probability, clv` of everybody who has a score in a batch."""
        cells = (scores.c.customer_id, scores.c.churn_probability, scores.c.clv)
        with self.reading() as connection:
            query = sa.select(*cells).where(scores.c.batch == sequence, scores.c.eligible)
            return pd.DataFrame(connection.execute(query).all(), columns=[cell.name for cell in cells])

    def candidates(self, connection: sa.Connection, batch: PublishedBatch, filters: Filters) -> Candidates:
        """Every customer of the batch with a score that the filters leave, whoever was contacted; see Planner."""
        driver, dialect = connection.connection.driver_connection, self.dialect
        return choose_candidates(self._rolls.read(connection, batch), driver, dialect, filters)

    @property
    def dialect(self) -> str:
        """What SQLAlchemy calls the kind of database."""
        return self._connections.dialect

    def asking(self) -> contextlib.AbstractContextManager[Any]:
        """One snapshot on the driver's own connection, for short questions."""
        return self._connections.driver(one_snapshot=True)

    def reading(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """One snapshot, for those who ask more than the questions above."""
        return self._connections.snapshot()


def _latest_batch(connection: sa.Connection) -> PublishedBatch:
    row = connection.execute(LATEST_BATCH).one_or_none()
    if row is None:
        raise NoScoresError
    return published_batch(row)


def _history(connection: sa.Connection, customer_id: str) -> list[tuple[PublishedBatch, Score]]:
    rows = connection.execute(
        sa.select(batches, *CELLS)
        .join(scores, scores.c.batch == batches.c.sequence)
        .where(scores.c.customer_id == customer_id)
        .order_by(batches.c.sequence.desc())
    )
    told = []
    for row in rows:
        batch = published_batch(row)
        told.append((batch, score_of(row[len(batches.c) :], batch)))
    return told


def _batch(connection: sa.Connection, sequence: int | None) -> PublishedBatch:
    if sequence is None:
        return _latest_batch(connection)
    row = connection.execute(sa.select(batches).where(batches.c.sequence == sequence)).one_or_none()
    if row is None:
        raise StoreError(f"Batch {sequence} is not kept: it was replaced, pruned or never published.")
    return published_batch(row)


def _segment(name: str, parts: list[sa.Row[tuple[object, ...]]]) -> Segment:
    scored = sum(part.scored for part in parts)
    return Segment(
        name=name,
        customers=sum(part.customers for part in parts),
        scored=scored,
        clv=sum(part.clv for part in parts),
        value_at_risk=sum(part.value_at_risk for part in parts),
        churn_probability=sum(part.expected_churners for part in parts) / scored if scored else None,
        bands={part.risk_band: part.customers for part in parts if part.risk_band is not None},
    )


def _storable(customer_id: str) -> bool:
    """Neither database can hold a NUL or half a character, so no customer has such an id."""
    try:
        return b"\0" not in customer_id.encode()
    except UnicodeEncodeError:
        return False
