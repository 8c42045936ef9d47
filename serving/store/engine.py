"""Where the store is, and the engine that opens it."""

from pathlib import Path

import sqlalchemy as sa

from features.errors import ConfigurationError
from serving.settings import StoreSettings
from serving.store import postgresql as store_postgresql
from serving.store import sqlite as store_sqlite


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
    """An engine for a resolved URL; nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        return store_sqlite.open_engine(url, read_only)
    return store_postgresql.open_engine(url, settings, read_only)


def place(url: sa.URL) -> str:
    """Where the store is, for sentences: the file, or host and database, never the password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.host or url.query.get('host', 'localhost')}:{url.port or 5432}/{url.database or ''}"
