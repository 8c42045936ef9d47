"""History that arrives with a request, through the same door, without a file and without waiting."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import ibis
import pyarrow as pa

from features.door.admission import FAULT, examine, fault
from features.door.embedded import open_duckdb
from features.door.events import admitted_events, repeats, require_one_currency, with_day
from features.door.faults import REPEATED
from features.door.report import DoorReport, TableReport, count_rejections, in_words
from features.door.tables import ROW, SHAPES
from features.errors import DataError, Rejection
from features.shop import Shop

Records = Sequence[Mapping[str, Any]]
ENGINE = "duckdb"


def admit_records(purchases: Records, interactions: Records, timezone: str) -> Shop:
    """A shop of records whose keys are our column names; a value may be text, a number, a flag or a time.

    Each call has a small database of its own, with tables of always the same names. Raises DataError, with
    the rejections, when a record cannot be used: of a request no part is set aside.
    """
    con = open_duckdb(None, [], memory_limit="1GB", threads=1)
    given = {"purchases": purchases} | ({"interactions": interactions} if interactions else {})
    rejections = [
        rejection for name, records in given.items() for rejection in _admit(con, name, records, timezone)
    ]
    if rejections:
        raise DataError("\n".join(map(in_words, rejections)), rejections)
    report = DoorReport(
        tuple(
            TableReport(name, len(records), len(records), 0, 0, (), None, ())
            for name, records in given.items()
        )
    )
    tables = {name: con.table(name) for name in given}
    return Shop(tables["purchases"], tables.get("interactions"), None, timezone, report)


def _admit(con: Any, name: str, records: Records, timezone: str) -> tuple[Rejection, ...]:
    columns = tuple(
        column.name
        for column in SHAPES[name].columns
        if column.required or any(column.name in record for record in records)
    )
    con.con.register(f"given_{name}", _arrow(columns, records))
    for statement in _statements(name, columns, timezone):
        con.raw_sql(statement)
    if con.raw_sql(f"FROM faults_{name} LIMIT 1").fetchall():
        return count_rejections(name, con.table(f"given_{name}"), con.table(f"faults_{name}"), [])
    if "currency" in columns:
        require_one_currency(con.table(f"read_{name}"))
    return ()


@lru_cache(maxsize=256)
def _statements(name: str, columns: tuple[str, ...], timezone: str) -> tuple[str, ...]:
    """SQL that reads, judges and admits `given_<name>`; writing it takes far longer than running it."""
    shape = [SHAPES[name].column(column) for column in columns]
    given = ibis.table({ROW: "int64", **dict.fromkeys(columns, "string")}, name=f"given_{name}")
    examined = with_day(
        examine(given, name, shape, {}, timezone, ENGINE, whole_ids=False), name, timezone, ENGINE
    )
    read = ibis.table(examined.schema(), name=f"read_{name}")
    faulty = read.filter(read[FAULT].notnull()).select(ROW, FAULT)
    sound = read.filter(read[FAULT].isnull()).drop(FAULT)
    rows = repeats(sound, name)
    if rows is not None:
        repeated = rows.mutate(**{FAULT: ibis.literal(fault(SHAPES[name].key, REPEATED))})
        faulty = faulty.union(repeated, distinct=False)
    steps = {
        f"read_{name}": examined,
        f"faults_{name}": faulty,
        name: admitted_events(sound),
    }
    return tuple(
        f"CREATE TEMP TABLE {table} AS {ibis.to_sql(step, dialect=ENGINE)}" for table, step in steps.items()
    )


def _arrow(columns: tuple[str, ...], records: Records) -> pa.Table:
    try:
        cells = {
            name: pa.array([_text(record.get(name)) for record in records], pa.string()) for name in columns
        }
    except UnicodeEncodeError:
        raise DataError("The text of a record is not valid Unicode.") from None
    return pa.table({ROW: pa.array(range(1, len(records) + 1), pa.int64()), **cells})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
