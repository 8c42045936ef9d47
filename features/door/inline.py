"""History that arrives with a request, through the same door, without a file and without waiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from features.door.admission import FAULT, examine, fault
from features.door.embedded import open_duckdb
from features.door.events import FOR_THE_DOOR, repeats, require_one_currency, with_day
from features.door.faults import REPEATED
from features.door.report import DoorReport, TableReport, count_rejections, in_words
from features.door.tables import ROW, SHAPES
from features.errors import DataError, Rejection
from features.ready_query import ReadyQuery
from features.shop import Shop

Records = Sequence[Mapping[str, Any]]
ENGINE = "duckdb"
NOT_KEPT = (FAULT, *FOR_THE_DOOR)


@dataclass(frozen=True)
class AdmittedRecords:
    """Admitted tables as Arrow; `interactions` is None where none were given."""

    purchases: pa.Table
    interactions: pa.Table | None
    timezone: str

    def as_shop(self) -> Shop:
        """The same tables in a small database of their own, for whoever asks in expressions."""
        given = {"purchases": self.purchases}
        if self.interactions is not None:
            given["interactions"] = self.interactions
        tables = _in_a_database(given)
        report = DoorReport(
            tuple(TableReport(name, len(rows), len(rows), 0, 0, (), None, ()) for name, rows in given.items())
        )
        return Shop(tables["purchases"], tables.get("interactions"), None, self.timezone, report)


def admit_records(purchases: Records, interactions: Records, timezone: str) -> AdmittedRecords:
    """Records whose keys are our column names; a value may be text, a number, a flag or a time.

    Raises DataError, with the rejections, when a record cannot be used: of a request no part is set aside.
    """
    given = {"purchases": purchases} | ({"interactions": interactions} if interactions else {})
    tables: dict[str, pa.Table] = {}
    rejections: list[Rejection] = []
    for name, records in given.items():
        cells = _arrow(name, records)
        judged = _judgement(name, tuple(cells.column_names), timezone).answer({name: cells})
        rejections += _rejections(name, cells, judged)
        tables[name] = judged.drop_columns([column for column in judged.column_names if column in NOT_KEPT])
    if rejections:
        raise DataError("\n".join(map(in_words, rejections)), rejections)
    return AdmittedRecords(tables["purchases"], tables.get("interactions"), timezone)


@lru_cache(maxsize=64)
def _judgement(name: str, columns: tuple[str, ...], timezone: str) -> ReadyQuery:
    """Every row as it is admitted, and FAULT: what is wrong with it. Writing this takes far longer than running it."""
    shape = [SHAPES[name].column(column) for column in columns if column != ROW]
    given = ibis.table({ROW: "int64", **{column.name: "string" for column in shape}}, name=name)
    read = examine(given, name, shape, {}, timezone, ENGINE, whole_ids=False)
    repeated = repeats(read.filter(read[FAULT].isnull()).drop(FAULT), name)
    if repeated is not None:
        found = read.left_join(repeated.select(repeats=ROW), [(ROW, "repeats")])
        again = found.repeats.notnull().ifelse(fault(SHAPES[name].key, REPEATED), None)
        read = found.mutate(**{FAULT: ibis.coalesce(found[FAULT], again)}).drop("repeats")
    return ReadyQuery(
        ibis.to_sql(with_day(read, name, timezone, ENGINE), dialect=ENGINE),
        {name: given.schema().to_pyarrow()},
    )


def _rejections(name: str, cells: pa.Table, judged: pa.Table) -> tuple[Rejection, ...]:
    """What is wrong with the rows; raises DataError where nothing is, but amounts are in several currencies."""
    if judged[FAULT].null_count < len(judged):
        faults = judged.select([ROW, FAULT]).filter(pc.is_valid(judged[FAULT]))
        tables = _in_a_database({"given": cells, "faults": faults})
        return count_rejections(name, tables["given"], tables["faults"], [])
    if "currency" in judged.column_names and pc.count_distinct(judged["currency"]).as_py() > 1:
        require_one_currency(_in_a_database({"read": judged})["read"])
    return ()


def _in_a_database(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    con = open_duckdb(None, [], memory_limit="1GB", threads=1)
    for name, table in tables.items():
        con.con.register(name, table)
    return {name: con.table(name) for name in tables}


def _arrow(name: str, records: Records) -> pa.Table:
    """ROW, and as text the columns that are required or that some record has."""
    columns = [
        column.name
        for column in SHAPES[name].columns
        if column.required or any(column.name in record for record in records)
    ]
    try:
        cells = {
            column: pa.array([_text(record.get(column)) for record in records], pa.string())
            for column in columns
        }
    except UnicodeEncodeError:
        raise DataError("The text of a record is not valid Unicode.") from None
    return pa.table({ROW: pa.array(range(1, len(records) + 1), pa.int64()), **cells})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
