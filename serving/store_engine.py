"""Opening the store: SQLite or PostgreSQL, for reading or for writing, with the settings each needs."""

import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from features.errors import ConfigurationError
from serving.settings import StoreSettings

SQLITE_BUSY_SECONDS = 5
CONNECT_SECONDS = 2


def resolve(url: str, folder: Path) -> sa.URL:
    """The URL with a SQLite file's relative path starting at `folder`; ConfigurationError if unusable."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as reason:
        raise ConfigurationError(
            "[store] url is not a database URL. Write sqlite:///var/scores.db or "
            "postgresql+psycopg://user:password@host/database."
        ) from reason
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite":
            if parsed.database in (None, "", ":memory:"):
                raise ConfigurationError(
                    "[store] url names no file: scores in memory vanish with the process. "
                    "Write sqlite:///var/scores.db."
                )
            return sa.URL.create("sqlite", database=str((folder / parsed.database).absolute()))
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError(
        f"[store] url begins with {parsed.drivername}://; scores are kept in sqlite:/// or postgresql+psycopg://."
    )


def open_engine(url: sa.URL, settings: StoreSettings, read_only: bool) -> sa.Engine:
    """An engine for a resolved URL; nothing is connected yet.

    A writer on SQLite makes the file, readable by its owner only, with the folder it is in.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, read_only)
    return _open_postgresql(url, settings, read_only)


def place(url: sa.URL) -> str:
    """Where the store is, for sentences: the file, or host and database, never the password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.host or 'the local socket'}:{url.port or 5432}/{url.database or ''}"


def _open_sqlite(url: sa.URL, read_only: bool) -> sa.Engine:
    path = Path(str(url.database))
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={'ro' if read_only else 'rw'}",
            uri=True,
            timeout=SQLITE_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA journal_size_limit=67108864")
            connection.execute("PRAGMA cache_size=-65536")
        return connection

    engine = sa.create_engine(url, creator=connect)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(str(connection.get_execution_options().get("sqlite_begin", "BEGIN")))

    return engine


def _open_postgresql(url: sa.URL, settings: StoreSettings, read_only: bool) -> sa.Engine:
    session = {"statement_timeout": f"{settings.statement_timeout_seconds}s" if read_only else "0"}
    if read_only:
        session["default_transaction_read_only"] = "on"
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
    }
    try:
        return sa.create_engine(
            url, isolation_level="REPEATABLE READ", pool_pre_ping=True, connect_args=arguments
        )
    except ModuleNotFoundError as reason:
        raise ConfigurationError(
            "[store] url asks for PostgreSQL, whose driver is not installed: pip install 'tenure[postgres]'."
        ) from reason
