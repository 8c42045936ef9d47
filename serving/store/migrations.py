"""The layout of the store: made where there is none, carried on where it is an earlier version's.

A migration is a plain function that takes a connection, in MIGRATIONS under a name of its own; writers run
those that a store lacks, in order, in one transaction under the store's lock, and no batch is lost. A new
table needs its definition in serving.store.schema (and in OF_A_BATCH where its rows belong to a batch) and
a name here whose function is `make_tables`. A new column of models.scores.ANSWERS needs nothing.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

from models.scores import ANSWERS
from serving.store.errors import NoScoresError, StoreError
from serving.store.schema import MARKS, about, attributes, memberships, metadata, scores

FIRST_LAYOUT = "1"
LAYOUT = "2"
"""What versions of Tenure before the first migration look at: they refuse any layout but 1."""


def make_tables(connection: sa.Connection) -> None:
    """Make the tables, with their indices, that are not there yet."""
    metadata.create_all(connection)


def rebuild_list_indices(connection: sa.Connection) -> None:
    """Let the indices of `scores` hold every column that lists are filtered by."""
    for index in scores.indexes:
        connection.execute(sa.schema.DropIndex(index, if_exists=True))
        index.create(connection)


def tell_marks_beside_scores(connection: sa.Connection) -> None:
    """Let the row of a customer's scores tell their attributes and own segments, and others know only who has which."""
    for name in MARKS:
        _add_column(connection, scores.c[name])
    for (told, table), gathered in zip(_MARKED.items(), _GATHERED[connection.dialect.name], strict=True):
        marks = f"SELECT batch, customer_id, {gathered} AS told FROM {table.name} GROUP BY batch, customer_id"
        connection.exec_driver_sql(
            f"UPDATE scores SET {told} = m.told FROM ({marks}) m "
            "WHERE m.batch = scores.batch AND m.customer_id = scores.customer_id"
        )
        _lay_out_anew(connection, table)


_MARKED = {"attributes": attributes, "own_segments": memberships}
_GATHERED = {
    "sqlite": ("json_group_object(name, value)", "json_group_array(segment)"),
    "postgresql": ("json_object_agg(name, value)::text", "json_agg(segment)::text"),
}


MIGRATIONS: Mapping[str, Callable[[sa.Connection], None]] = {
    "attributes, segments of one's own, changes": make_tables,
    "lists filtered by value at risk": rebuild_list_indices,
    "contacts, campaigns, outcomes": make_tables,
    "time lines, movements between batches": make_tables,
    "segments looked up in an index": make_tables,
    "marks told beside scores": tell_marks_beside_scores,
}
"""What was added since the first layout, in order. Names stay what they are once they were released: the index that the
last but one made is gone with the last.
"""


def bring_up_to_date(connection: sa.Connection) -> None:
    """Make the layout, or run the migrations that the store lacks; the caller holds the store's lock.

    Raises StoreError where a newer version of Tenure has laid the store out.
    """
    about.create(connection, checkfirst=True)
    known = _facts(connection)
    if not known:
        make_tables(connection)
        _note(
            connection, {"cursor_secret": secrets.token_hex(32), **dict.fromkeys(map(_key, MIGRATIONS), "")}
        )
    else:
        _refuse_newer(known)
        for name, migrate in MIGRATIONS.items():
            if _key(name) not in known:
                migrate(connection)
                _note(connection, {_key(name): ""})
        if known.get("answers") != _answers():
            _add_answers(connection)
    _note(connection, {"schema_version": LAYOUT, "answers": _answers()})


def check_layout(connection: sa.Connection) -> None:
    """Raise StoreError, saying what to run, where this version of Tenure cannot read the store.

    Raises NoScoresError where nothing was ever published to it.
    """
    known = _facts(connection)
    if not known:
        raise NoScoresError
    _refuse_newer(known)
    if not is_current(known):
        raise StoreError(
            "The store was laid out by an earlier version of Tenure. Run `tenure score`: it carries the store "
            "on, with every batch in it."
        )


def is_current(known: Mapping[str, str]) -> bool:
    """Whether a store with these facts has every table and column that this version reads."""
    return all(_key(name) in known for name in MIGRATIONS) and known.get("answers") == _answers()


def needs_work(connection: sa.Connection) -> bool:
    """Whether a writer has to bring the store up to date before it can be read."""
    known = _facts(connection)
    return bool(known) and not is_current(known)


def _refuse_newer(known: Mapping[str, str]) -> None:
    unknown = {name for name in known if name.startswith(_key(""))} - set(map(_key, MIGRATIONS))
    if unknown or known.get("schema_version") not in (FIRST_LAYOUT, LAYOUT):
        raise StoreError(
            "The store was laid out by a newer version of Tenure. Install that version, or point [store] url "
            "to another store and run `tenure score`."
        )


def _lay_out_anew(connection: sa.Connection, table: sa.Table) -> None:
    """The rows of a table in the table as it is defined now, in the order of its key."""
    names = ", ".join(table.c.keys())
    connection.exec_driver_sql(f"ALTER TABLE {table.name} RENAME TO {table.name}_before")
    table.create(connection)
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {table.name}_before ORDER BY {names}"
    )
    connection.exec_driver_sql(f"DROP TABLE {table.name}_before")


def _add_answers(connection: sa.Connection) -> None:
    """Columns that the scores' contract has gained; empty in the batches that are there."""
    for column in ANSWERS:
        check = (
            f" CONSTRAINT {column.name}_is_finite CHECK ({column.name} BETWEEN -1e308 AND 1e308)"
            if column.kind == "number"
            else ""
        )
        _add_column(connection, scores.c[column.name], check)


def _add_column(connection: sa.Connection, column: sa.Column[Any], check: str = "") -> None:
    """Add a column to the table that is there, unless it has it; empty in the rows that are there."""
    table = column.table.name
    if column.name not in {there["name"] for there in sa.inspect(connection).get_columns(table)}:
        defined = CreateColumn(column).compile(dialect=connection.dialect)
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {defined}{check}")


def _facts(connection: sa.Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(sa.select(about))}


def _note(connection: sa.Connection, facts: Mapping[str, str]) -> None:
    connection.execute(about.delete().where(about.c.name.in_(list(facts))))
    connection.execute(about.insert(), [{"name": name, "value": value} for name, value in facts.items()])


def _key(name: str) -> str:
    return f"migration: {name}"


def _answers() -> str:
    return ",".join(column.name for column in ANSWERS)
