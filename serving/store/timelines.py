"""What each customer did lately, kept with the served batch only: the page shows it, nothing learns from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import orjson
import pyarrow as pa
import sqlalchemy as sa

from serving.store import postgresql as store_postgresql
from serving.store import sqlite as store_sqlite
from serving.store.bulk import rows_of
from serving.store.schema import ID, metadata

ENGINES = {"sqlite": store_sqlite, "postgresql": store_postgresql}

timelines = sa.Table(
    "timelines",
    metadata,
    sa.Column("customer_id", ID, primary_key=True),
    sa.Column("events", sa.Text, nullable=False),
    sa.Column("lately", sa.Text, nullable=False),
    sqlite_strict=True,
)

WRITTEN = pa.schema([(column.name, pa.string()) for column in timelines.c])


@dataclass(frozen=True)
class Happening:
    """What a customer did on a day: `kind`, how often, and for how much; `amount` is None for interactions."""

    day: date
    kind: str
    events: int
    amount: float | None


@dataclass(frozen=True)
class Timeline:
    """The customer's newest days, newest first, and how often they did what lately, by kind of interaction."""

    customer_id: str
    happenings: tuple[Happening, ...]
    lately: dict[str, int]


def replace_timelines(connection: sa.Connection, told: Iterable[pa.Table]) -> None:
    """Put these in the place of all that are there: tables of `customer_id`, `events` and `lately` as `write` makes."""
    connection.execute(timelines.delete())
    copy_rows = ENGINES[connection.dialect.name].copy_rows
    names = timelines.c.keys()
    for table in told:
        copy_rows(connection, "timelines", names, rows_of([table[name] for name in names]))


def write(told: Iterable[Timeline]) -> pa.Table:
    """Time lines as the store keeps them: what they tell is JSON."""
    rows = [
        {
            "customer_id": one.customer_id,
            "events": orjson.dumps(
                [(day.day, day.kind, day.events, day.amount) for day in one.happenings]
            ).decode(),
            "lately": orjson.dumps(one.lately).decode(),
        }
        for one in told
    ]
    return pa.Table.from_pylist(rows, schema=WRITTEN)


def read_timeline(connection: sa.Connection, customer_id: str) -> Timeline | None:
    """The customer's; None where none was published."""
    row = connection.execute(sa.select(timelines).where(timelines.c.customer_id == customer_id)).one_or_none()
    return None if row is None else _read(row)


def read_lately(connection: sa.Connection, customer_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """What these customers did lately, by customer; those without a time line are left out."""
    asked = sa.select(timelines.c.customer_id, timelines.c.lately)
    rows = connection.execute(asked.where(timelines.c.customer_id.in_(list(customer_ids))))
    return {row.customer_id: orjson.loads(row.lately) for row in rows}


def _read(row: sa.Row[tuple[str, str, str]]) -> Timeline:
    told = (
        Happening(date.fromisoformat(day), kind, events, None if amount is None else float(amount))
        for day, kind, events, amount in orjson.loads(row.events)
    )
    return Timeline(row.customer_id, tuple(told), orjson.loads(row.lately))
