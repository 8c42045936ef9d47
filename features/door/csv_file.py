"""A CSV file, read as text under its own header, with nothing guessed."""

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from features.door.csv_text import is_gzip, open_records
from features.door.csv_unreadable import UnreadableLine, find_unreadable, require_records
from features.door.embedded import first_line
from features.door.files import exactly
from features.door.tables import ROW
from features.errors import DataError
from features.rows import count_rows, keep

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class CsvHeader:
    """The delimiter of a file, the names in its header, in order, and how many blank lines come before it."""

    delimiter: str
    names: tuple[str, ...]
    blank_lines: int


def read_header(path: Path, expected: Collection[str]) -> CsvHeader:
    """Read the first line, with the delimiter that finds most of the `expected` names in it."""
    readings = []
    for delimiter in DELIMITERS:
        with open_records(path, delimiter) as records:
            try:
                blank_lines, names = next((number, cells) for number, cells in enumerate(records) if cells)
            except (StopIteration, csv.Error, OSError, EOFError):
                raise DataError(f"{path.name} has no header. Export it with its column names.") from None
        readings.append(CsvHeader(delimiter, tuple(names), blank_lines))
    best = max(readings, key=lambda header: (len(set(expected) & set(header.names)), len(header.names)))
    if re.search("[\udc80-\udcff]", "".join(best.names)):
        raise DataError(f"{path.name} is not written in UTF-8. Save it again as CSV in UTF-8.")
    return best


def read_csv(
    con: Any, path: Path, header: CsvHeader, places: Mapping[str, int]
) -> tuple[Any, list[UnreadableLine]]:
    """A table of text with the names of `places`, each read from its place in the line, and ROW; on DuckDB.

    ROW is the line's number where no cell holds a line break and no line is blank; the header is 1. An empty
    cell is null. Raises DataError when the lines of the file cannot be told apart.
    """
    try:
        return _rows(con, path, header, places), []
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        # A second, slower reading says which lines are at fault.
        return _rows_and_unreadable(con, path, header, places)


def _rows(con: Any, path: Path, header: CsvHeader, places: Mapping[str, int], options: str = "") -> Any:
    view = ibis.util.gen_name("tenure_csv")
    name = exactly(path).replace("'", "''")
    columns = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(header.names)))
    con.raw_sql(f"""
        CREATE TEMP VIEW {view} AS SELECT {", ".join(f"c{place}" for place in sorted(set(places.values())))}
        FROM read_csv('{name}', columns = {{{columns}}}, header = true, skip = {header.blank_lines},
            delim = '{header.delimiter}', quote = '"', escape = '"', auto_detect = false, strict_mode = true,
            compression = '{"gzip" if is_gzip(path) else "none"}'{options})
    """)
    lines = con.table(view, database="temp.main")
    cells = {ours: lines[f"c{place}"].nullif("") for ours, place in places.items()}
    try:
        return keep(lines.select(**{ROW: ibis.row_number() + (2 + header.blank_lines)}, **cells))
    finally:
        con.raw_sql(f"DROP VIEW {view}")


def _rows_and_unreadable(
    con: Any, path: Path, header: CsvHeader, places: Mapping[str, int]
) -> tuple[Any, list[UnreadableLine]]:
    log = ibis.util.gen_name("tenure_csv")
    # One thread: in parallel DuckDB misses lines after a quotation mark that is never closed.
    options = (
        f", parallel = false, store_rejects = true, rejects_limit = 0, rejects_table = '{log}_lines',"
        f" rejects_scan = '{log}_scan'"
    )
    try:
        rows = _rows(con, path, header, places, options)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as reason:
        raise DataError(
            f"{path.name} cannot be read as CSV: {first_line(reason)} Export the table again, with one kind "
            "of line end, and with quotation marks round cells that hold a delimiter or a line break."
        ) from None
    unreadable = find_unreadable(con, f"{log}_lines", path)
    require_records(path, header.delimiter, count_rows(rows) + len(unreadable))
    return (_renumber(rows, unreadable) if unreadable else rows), unreadable


def _renumber(rows: Any, unreadable: list[UnreadableLine]) -> Any:
    # Rows were counted without the unreadable lines; the k-th of these pushes the rows after it k further.
    from_row = [line.number - before for before, line in enumerate(unreadable)]
    shifts = ibis.memtable(pa.table({"from_row": from_row, "shift": range(1, len(unreadable) + 1)}))
    shifted = rows.asof_join(shifts, rows[ROW] >= shifts.from_row)
    number = shifted[ROW] + shifted["shift"].fill_null(0)
    return keep(shifted.mutate(**{ROW: number}).drop("from_row", "shift"))
