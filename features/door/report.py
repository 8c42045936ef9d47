"""What the door found, in numbers and examples."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis

from features.door.admission import FAULT
from features.door.csv_unreadable import UnreadableLine
from features.door.faults import REMEDIES
from features.door.tables import ROW
from features.errors import DataError, Rejection
from features.rows import keep

EXAMPLES = 3
LONGEST_EXAMPLE = 60
MOST_REASONS = 5
LINE = "(line)"
"""What stands for the column where a whole line is at fault."""


@dataclass(frozen=True)
class TableReport:
    """What the door found in one table: `read` = `admitted` + `rejected` + `merged_away`.

    `rejections` adds up to `rejected`; `quarantine` is the file with these rows, None when there are none.
    """

    table: str
    read: int
    admitted: int
    rejected: int
    merged_away: int
    rejections: tuple[Rejection, ...]
    quarantine: Path | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DoorReport:
    """What the door found in every table that was given, in the order in which they were checked."""

    tables: tuple[TableReport, ...]


def count_rejections(
    table: str, given: Any, faults: Any, unreadable: list[UnreadableLine]
) -> tuple[Rejection, ...]:
    """One row per column and reason, the commonest first, with the first rows in question as examples."""
    faults = keep(faults)
    counts = faults.group_by(FAULT).aggregate(rows=faults.count()).to_pyarrow().to_pylist()
    if not counts and not unreadable:
        return ()
    nth = ibis.row_number().over(ibis.window(group_by=FAULT, order_by=ROW))
    first = faults.mutate(nth=nth).filter(lambda t: t.nth < EXAMPLES).inner_join(given, ROW)
    cells = {name: first[name].cast("string").substr(0, LONGEST_EXAMPLE) for name in given.columns}
    samples = first.select(**{**cells, ROW: first[ROW], FAULT: first[FAULT]}).order_by(ROW)
    rows = samples.to_pyarrow().to_pylist()
    found = []
    for count in counts:
        column, reason = count[FAULT].split("\t")
        examples = [_example(row[ROW], row[column]) for row in rows if row[FAULT] == count[FAULT]]
        found.append(_rejection(table, column, reason, count["rows"], examples))
    for reason in {line.reason for line in unreadable}:
        lines = [line for line in unreadable if line.reason == reason]
        examples = [_example(line.number, line.text) for line in lines[:EXAMPLES]]
        found.append(_rejection(table, LINE, reason, len(lines), examples))
    return tuple(sorted(found, key=lambda rejection: (-rejection.rows, rejection.column, rejection.reason)))


def refuse_too_many(report: DoorReport, max_rejected_share: float) -> None:
    """Raise DataError when a larger share of a table's rows was rejected than is allowed."""
    over = [table for table in report.tables if table.rejected > max_rejected_share * table.read]
    if not over:
        return
    lines = []
    for table in over:
        lines.append(
            f"{table.table}: {table.rejected:,} of {table.read:,} rows ({table.rejected / table.read:.1%}) "
            f"are rejected, more than [data] max_rejected_share = {max_rejected_share} allows. They are in "
            f"{table.quarantine}, each with its reason."
        )
        lines += [in_words(rejection) for rejection in table.rejections[:MOST_REASONS]]
    raise DataError("\n".join(lines), [reason for table in over for reason in table.rejections])


def in_words(rejection: Rejection) -> str:
    """A rejection as a sentence: where, how many, what is wrong, where first, and what to do."""
    rows = "1 row" if rejection.rows == 1 else f"{rejection.rows:,} rows"
    return (
        f"{rejection.table}.{rejection.column} {rejection.reason} in {rows} "
        f"({'; '.join(rejection.examples)}). {rejection.remedy}"
    )


def _rejection(table: str, column: str, reason: str, rows: int, examples: list[str]) -> Rejection:
    remedy = REMEDIES[reason].replace("{table}", table).replace("{column}", column)
    return Rejection(table, column, reason, rows, tuple(examples), remedy)


def _example(row: int, cell: str | None) -> str:
    shown = "" if cell is None else cell if len(cell) < LONGEST_EXAMPLE else cell[: LONGEST_EXAMPLE - 1] + "…"
    return f"row {row}: {shown!r}"
