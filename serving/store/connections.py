"""Connections to a store: each statement or snapshot on one whose layout is known to be ours."""

import contextlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from serving.settings import StoreSettings
from serving.store.driver import rows_of
from serving.store.engine import open_engine, place, resolve
from serving.store.migrations import check_layout
from serving.store.publish import migrate
from serving.store.troubles import in_sentences


class Connections:
    """To the store at `settings.url`; a SQLite file's relative path starts at `folder`.

    Opening connects nowhere. The first that may write (not `read_only`) carries an older layout on. What a
    database raises is a StoreError.
    """

    def __init__(self, settings: StoreSettings, folder: Path, read_only: bool) -> None:
        self._read_only = read_only
        self._is_current = False
        # A connection to a file, which needs no looking after: handing one to the pool and back takes as long as
        # the look-up itself. One is enough, for look-ups come one after the other.
        self._at_hand: deque[sa.PoolProxiedConnection] = deque()
        url = resolve(settings.url, folder)
        self._place = place(url)
        with self.in_sentences():
            self.engine = open_engine(url, settings, read_only)

    @property
    def dialect(self) -> str:
        """What SQLAlchemy calls the kind of database."""
        return self.engine.dialect.name

    def close(self) -> None:
        """Let go of all connections."""
        while self._at_hand:
            self._at_hand.pop().close()
        self.engine.dispose()

    def in_sentences(self) -> contextlib.AbstractContextManager[None]:
        """What the database raises, as a StoreError that names this store."""
        return in_sentences(self._place)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A connection on which every statement sees the same."""
        with self.in_sentences():
            if not (self._is_current or self._read_only):
                migrate(self.engine)
            with self.engine.connect() as connection, connection.begin():
                if not self._is_current:
                    check_layout(connection)
                    self._is_current = True
                yield connection

    @contextlib.contextmanager
    def driver(self, one_snapshot: bool = False) -> Iterator[Any]:
        """The driver's own connection; each statement sees a snapshot of its own, or all see one."""
        if not self._is_current:
            with self.snapshot():
                pass  # only to know that the layout is ours
        with self.in_sentences():
            pooled = self._at_hand.pop() if self._at_hand else self.engine.raw_connection()
            is_file = self.dialect == "sqlite"
            try:
                if one_snapshot and is_file:  # a server's connection begins one with its first statement
                    rows_of(pooled.driver_connection, "BEGIN")
                yield pooled.driver_connection
                if one_snapshot and is_file:
                    rows_of(pooled.driver_connection, "COMMIT")
            except BaseException:
                pooled.close()
                raise
            if is_file and not self._at_hand:
                self._at_hand.append(pooled)
            else:
                pooled.close()
