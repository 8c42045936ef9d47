"""PostgreSQL as the store: how it is opened, given up on, locked by a publisher, and written to fast."""

import contextlib
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from features.errors import ConfigurationError
from serving.settings import StoreSettings
from serving.store.errors import StoreUnavailableError

CONNECT_SECONDS = 2
PING_SECONDS = 0.4
ADVISORY_LOCK = 7_364_839_201
CONTACTS_LOCK = 7_364_839_202
KEEPALIVES = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
"""A publisher whose machine vanished lets go of its lock after a minute."""


def open_engine(url: sa.URL, settings: StoreSettings, read_only: bool) -> sa.Engine:
    """Readers cannot write and do not wait: a server that was paused fails them within three seconds."""
    session = dict(KEEPALIVES)
    if read_only:
        session["default_transaction_read_only"] = "on"
        session["statement_timeout"] = f"{settings.statement_timeout_seconds}s"
    try:
        engine = sa.create_engine(
            url,
            isolation_level="REPEATABLE READ",
            pool_pre_ping=True,
            pool_timeout=CONNECT_SECONDS,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
            },
        )
    except ModuleNotFoundError as reason:
        raise ConfigurationError(
            "[store] url asks for PostgreSQL, whose driver is not installed: pip install 'tenure[postgres]'."
        ) from reason
    if read_only:
        _give_up_after(engine, settings.statement_timeout_seconds + 0.5)
    return engine


@contextlib.contextmanager
def only_publisher(engine: sa.Engine, holder: str) -> Iterator[sa.Connection]:
    """A write transaction that one process at a time can have; the lock goes with the connection.

    READ COMMITTED, so that it sees the batch of a publisher who ended between connecting and locking.
    """
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="READ COMMITTED")
        with connection.begin():
            connection.execute(sa.text("SELECT set_config('application_name', :h, true)"), {"h": holder[:63]})
            if not connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(ADVISORY_LOCK))):
                raise StoreUnavailableError.publishing(_lock_holder(connection))
            yield connection


AS_WRITER = {"isolation_level": "READ COMMITTED"}
"""So that a writer who waited for its turn sees what was written meanwhile."""


def wait_for_contacts(connection: sa.Connection) -> None:
    """Wait for one's turn to write contacts, two seconds at most; the turn ends with the transaction."""
    connection.execute(sa.text("SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '30s'"))
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CONTACTS_LOCK)))


def copy_rows(
    connection: sa.Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows by COPY, which SQLAlchemy does not speak; errors arrive as its own nevertheless."""
    driver: Any = connection.connection.driver_connection
    import psycopg

    command = f"COPY {table} ({', '.join(names)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise sa.exc.DBAPIError(command, None, error) from error


def _lock_holder(connection: sa.Connection) -> str:
    holder = connection.scalar(
        sa.text(
            "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
            "WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) | objid::bigint = :lock "
            "AND datname = current_database()"
        ),
        {"lock": ADVISORY_LOCK},
    )
    return str(holder or "")


def _give_up_after(engine: sa.Engine, seconds: float) -> None:
    """Close a connection whose server says nothing for `seconds`: its own time limits stand still with it."""
    import psycopg

    class Impatient(psycopg.Connection[Any]):
        patience = seconds

        def wait(self, gen: Any, *options: Any, **named: Any) -> Any:
            try:
                return super().wait(_within(gen, self.patience), *options, **named)
            except TimeoutError as error:
                self.pgconn.finish()
                raise psycopg.OperationalError(f"no reply within {self.patience} seconds") from error

    @sa.event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, record: Any, arguments: Any, named: Any) -> Any:
        return Impatient.connect(*arguments, **named)

    @sa.event.listens_for(engine, "checkin")
    def _next_is_a_ping(connection: Any, record: Any) -> None:
        if connection is not None:
            connection.patience = PING_SECONDS

    @sa.event.listens_for(engine, "begin")
    def _ping_was_answered(connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.patience = seconds


def _within(steps: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """The same steps of talking to the server; TimeoutError when they are not over in time."""
    deadline = time.monotonic() + seconds
    try:
        wish = next(steps)
        while True:
            ready = yield wish
            if not ready and time.monotonic() > deadline:
                raise TimeoutError
            wish = steps.send(ready)
    except StopIteration as end:
        return end.value
