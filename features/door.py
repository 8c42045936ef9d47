"""The door: tables are checked here once and trusted everywhere after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis

from features.errors import DataError, Rejection
from features.source import DataSettings, connect, read_source
from features.tables import SHAPES, Column, TableShape

TYPES = {"id": "string", "text": "string", "amount": "float64", "number": "float64", "flag": "boolean"}


@dataclass(frozen=True)
class TableReport:
    """What the door found in one table; `rejections` adds up to `rejected`."""

    table: str
    read: int
    admitted: int
    rejected: int
    rejections: tuple[Rejection, ...]
    quarantine: Path | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DoorReport:
    """What the door found in every table that was given."""

    tables: tuple[TableReport, ...]


@dataclass(frozen=True)
class Shop:
    """A shop's admitted tables, all on one backend; `day` columns are days in `timezone`.

    `interactions` and `customers` are None where the shop has none.
    """

    purchases: Any
    interactions: Any
    customers: Any
    timezone: str
    report: DoorReport


def open_shop(settings: DataSettings, folder: Path) -> Shop:
    """Read, check, quarantine and hand on the tables named in `settings`.

    Relative paths start at `folder`. Raises ConfigurationError where the settings do not fit the tables,
    DataError where the tables cannot be used.
    """
    con = connect(settings, folder)
    given = {"purchases": settings.purchases}
    if settings.interactions is not None:
        given["interactions"] = settings.interactions
    if settings.customers is not None:
        given["customers"] = settings.customers
    tables = {}
    for name, location in given.items():
        raw = read_source(con, location, folder)
        admitted = _admit(raw, SHAPES[name], settings.columns.get(name, {}), settings.attributes)  # type: ignore[call-overload]
        tables[name] = con.create_table(f"tenure_{name}", admitted, temp=True)
    return _shop(tables, settings.timezone)


def admit_records(
    purchases: Sequence[Mapping[str, Any]], interactions: Sequence[Mapping[str, Any]], timezone: str
) -> Shop:
    """The same door for history that arrives with a request; nothing touches the disk."""
    con = ibis.duckdb.connect()
    tables = {}
    for name, records in (("purchases", purchases), ("interactions", interactions)):
        shape = SHAPES[name]
        names = [c.name for c in shape.columns if c.required or any(c.name in r for r in records)]
        cells = {n: [None if r.get(n) is None else str(r[n]) for r in records] for n in names}
        raw = ibis.memtable(cells, schema=dict.fromkeys(names, "string"))
        tables[name] = con.create_table(f"tenure_{name}", _admit(raw, shape, {}, []), temp=True)
    if not interactions:
        del tables["interactions"]
    return _shop(tables, timezone)


def _shop(tables: dict[str, Any], timezone: str) -> Shop:
    report = DoorReport(
        tuple(
            TableReport(name, rows := table.count().execute(), rows, 0, (), None, ())
            for name, table in tables.items()
        )
    )
    return Shop(tables["purchases"], tables.get("interactions"), tables.get("customers"), timezone, report)


def _admit(raw: Any, shape: TableShape, renamed: Mapping[str, str], attributes: Sequence[str]) -> Any:
    columns = [*shape.columns]
    if shape.name == "customers":
        columns += [Column(name, "text") for name in attributes]
    cells = {}
    for column in columns:
        theirs = renamed.get(column.name, column.name)
        if theirs not in raw.columns:
            if column.required:
                raise DataError(f"{shape.name}.{column.name}: no column {theirs!r}")
            continue
        if column.name != "currency":
            cells[column.name] = raw[theirs].cast(
                "timestamp" if column.kind == "time" else TYPES[column.kind]
            )
    for moment in ("ordered_at", "occurred_at"):
        if moment in cells:
            cells["day"] = cells[moment].date()
    return raw.select(**cells)
