"""The rolls in memory: of the batches asked about last, with what lists have asked of them beside their scores."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from serving.store.batches import PublishedBatch
from serving.store.driver import MARK, rows_of
from serving.store.filters import Filters, read_known
from serving.store.roll import Flags, Roll, read_ids, read_roll
from serving.store.walk import microseconds

MOST_ROWS = 4_000_000
"""So many customers are kept at most, some 250 MB; the batches asked about longest ago go first."""
SMALL = 20_000
"""So many customers are read within a tenth of a second, which a question can wait for."""
MOST_MARKS = 32
"""So many sets of customers are kept with a roll, a byte a customer each."""
ROWS_AT_ONCE = 50_000

Moments = npt.NDArray[np.int64]
NEVER = np.iinfo(np.int64).min


class KeptRoll:
    """A roll, and what was read beside it: who has an attribute or is in a segment, and who was contacted when.

    What has not been read yet is None; the methods that read take the driver's own connection.
    """

    def __init__(self, roll: Roll) -> None:
        self.roll = roll
        self._marks: OrderedDict[tuple[str, ...], Flags] = OrderedDict()
        self._contacts: tuple[int, Moments] = 0, np.full(len(roll), NEVER)
        self._lock = threading.Lock()

    def marks(self, filters: Filters) -> list[Flags] | None:
        """Who has each attribute, and is in the segment, that the filters ask for."""
        with self._lock:
            marks = [self._marks.get(name) for name in _names(filters)]
            for name in _names(filters):
                if name in self._marks:
                    self._marks.move_to_end(name)
        found = [flags for flags in marks if flags is not None]
        return found if len(found) == len(marks) else None

    def read_marks(self, connection: Any, dialect: str, filters: Filters) -> list[Flags]:
        """The same, read where they were not yet."""
        found = []
        for name in _names(filters):
            flags = self._marks.get(name)
            if flags is None:
                table, columns = _TABLES[len(name)]
                asked = {"batch": self.roll.batch.sequence, **dict(zip(columns, name, strict=True))}
                flags = self.roll.flags_of(read_ids(connection, dialect, table, asked))
                with self._lock:
                    self._marks[name] = flags
                    while len(self._marks) > MOST_MARKS:
                        self._marks.popitem(last=False)
            found.append(flags)
        return found

    def contacted(self, newest: int) -> Moments | None:
        """When each customer was contacted last, microseconds since 1970, as far as contact `newest` tells."""
        seen, moments = self._contacts
        return moments if seen == newest else None

    def read_contacted(self, connection: Any, dialect: str, newest: int) -> Moments:
        """The same, read from where it was left."""
        with self._lock:
            seen, moments = self._contacts
            if seen != newest:
                known = seen <= newest
                seen, moments = (seen, moments.copy()) if known else (0, np.full(len(self.roll), NEVER))
                for numbers, ids, at in _contacts(connection, dialect, seen):
                    seen = numbers[-1]
                    _note(self.roll, moments, ids, at)
                self._contacts = newest, moments
            return moments


class Rolls:
    """Rolls of batches; `reading` opens a snapshot of the store. Use it from any thread."""

    def __init__(self, reading: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self._reading = reading
        self._kept: OrderedDict[PublishedBatch, Future[KeptRoll]] = OrderedDict()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._background = ThreadPoolExecutor(1, "rolls")

    def at_hand(self, batch: PublishedBatch) -> KeptRoll | None:
        """The batch's roll, if it has been read."""
        with self._lock:
            future = self._kept.get(batch)
            if future is None or not future.done():
                return None
            self._kept.move_to_end(batch)
        return future.result()

    def soon(self, connection: sa.Connection, batch: PublishedBatch) -> KeptRoll | None:
        """The batch's roll where it is at hand or small; else None, and it is read in the background."""
        kept = self.at_hand(batch)
        if kept is None and batch.customers <= SMALL:
            return self.read(connection, batch)
        if kept is None and batch not in self._kept:
            self._background.submit(self._read_beside, batch)
        return kept

    def read(self, connection: sa.Connection, batch: PublishedBatch) -> KeptRoll:
        """The batch's roll, read once for all who ask meanwhile. Raises what reading raises."""
        with self._lock:
            future = self._kept.get(batch)
            if mine := future is None:
                future = self._kept[batch] = Future()
        assert future is not None
        if mine:
            try:
                future.set_result(self._read(connection, batch))
                self._forget()
            except BaseException as error:
                with self._lock:
                    del self._kept[batch]
                future.set_exception(error)
        return future.result()

    def close(self) -> None:
        """Stop reading."""
        self._stopped.set()
        self._background.shutdown(cancel_futures=True)

    def _read(self, connection: sa.Connection, batch: PublishedBatch) -> KeptRoll:
        known = read_known(connection, batch.sequence)
        driver = connection.connection.driver_connection
        return KeptRoll(read_roll(driver, connection.dialect.name, batch, known, self._stopped.is_set))

    def _read_beside(self, batch: PublishedBatch) -> None:
        with self._reading() as connection:
            self.read(connection, batch)

    def _forget(self) -> None:
        with self._lock:
            while len(self._kept) > 1 and sum(batch.customers for batch in self._kept) > MOST_ROWS:
                self._kept.popitem(last=False)


_TABLES = {2: ("attributes", ("name", "value")), 1: ("memberships", ("segment",))}


def _names(filters: Filters) -> list[tuple[str, ...]]:
    own = [] if filters.own_segment is None else [(filters.own_segment,)]
    return [*filters.attributes, *own]


def _contacts(connection: Any, dialect: str, seen: int) -> Any:
    command = (
        f"SELECT number, customer_id, contacted_at FROM contacts WHERE number > {MARK[dialect]} "
        f"ORDER BY number LIMIT {ROWS_AT_ONCE}"
    )
    while rows := rows_of(connection, command, (seen,)):
        numbers, ids, at = zip(*rows, strict=True)
        yield numbers, ids, at
        seen = numbers[-1]


def _note(roll: Roll, moments: Moments, ids: tuple[str, ...], at: tuple[str, ...]) -> None:
    """Put the moments of some contacts among the latest of each customer."""
    places = pa.compute.index_in(pa.array(ids, pa.string()), value_set=roll.ids)
    there = places.is_valid().to_numpy(zero_copy_only=False)
    told = np.array([microseconds(datetime.fromisoformat(text)) for text in at], dtype=np.int64)
    np.maximum.at(moments, places.drop_null().to_numpy(zero_copy_only=False), told[there])
