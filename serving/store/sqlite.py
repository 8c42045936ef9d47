"""SQLite as the store: how it is opened, locked by a publisher, and written to fast."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from serving.store.bulk import ROWS_AT_ONCE
from serving.store.errors import NoScoresError, StoreUnavailableError

BUSY_SECONDS = 5
WRITER = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA cache_size=-524288",
)

READER = ("PRAGMA cache_size=-65536",)
"""Pages that were read stay with the process, up to 64 MiB for a connection: the inner ones of all indices, and those
of some thousand customers. Looking at them in a file mapped into memory instead is as quick once, but a store of two
gigabytes is spread over so much memory that the processor has to find its way to each page anew.
"""


def open_engine(url: sa.URL, read_only: bool) -> sa.Engine:
    """A writer makes the file, readable by its owner only, and its folder; a reader needs it to be there."""
    path = Path(str(url.database))
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))

    def connect() -> sqlite3.Connection:
        if not path.exists():
            raise NoScoresError
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={'ro' if read_only else 'rw'}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        for pragma in READER if read_only else WRITER:
            connection.execute(pragma)
        return connection

    engine = sa.create_engine(url, creator=connect)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(str(connection.get_execution_options().get("sqlite_begin", "BEGIN")))

    return engine


@contextlib.contextmanager
def only_publisher(engine: sa.Engine, holder: str) -> Iterator[sa.Connection]:
    """A write transaction that one process at a time can have.

    The lock is the system's on a file beside the database: it goes with its process, however that ends.
    Holding the database's own lock instead would tell nobody who holds it.
    """
    with _lock_file(f"{engine.url.database}.publishing", holder), engine.connect() as connection:
        connection = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection


def copy_rows(
    connection: sa.Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of text, numbers and None by the driver's own fast path."""
    marks, left = ", ".join("?" * len(names)), iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", some)


@contextlib.contextmanager
def _lock_file(path: str, holder: str) -> Iterator[None]:
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreUnavailableError.publishing(file.read()) from None
        file.truncate(0)
        file.write(holder)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
