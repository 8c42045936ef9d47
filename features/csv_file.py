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

from features.csv_text import is_gzip, open_records
from features.csv_unreadable import UnreadableLine, find_unreadable, require_records
from features.embedded import first_line
from features.errors import DataError
from features.rows import count_rows
from features.tables import ROW

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
        return _rows(_lines(con, path, header), header, places), []
    except duckdb.Error:
        # A second, slower reading says which lines are at fault.
        return _rows_and_unreadable(con, path, header, places)


def _lines(con: Any, path: Path, header: CsvHeader, **options: Any) -> Any:
    return con.read_csv(
        re.sub(r"([*?[])", r"[\1]", str(path)),
        columns={f"c{place}": "string" for place in range(len(header.names))},
        delim=header.delimiter,
        quote='"',
        escape='"',
        compression="gzip" if is_gzip(path) else "none",
        skip=header.blank_lines,
        strict_mode=True,
        **options,
    )


def _rows(lines: Any, header: CsvHeader, places: Mapping[str, int]) -> Any:
    cells = {name: lines[f"c{place}"].nullif("") for name, place in places.items()}
    return lines.select(**{ROW: ibis.row_number() + (2 + header.blank_lines)}, **cells).cache()


def _rows_and_unreadable(
    con: Any, path: Path, header: CsvHeader, places: Mapping[str, int]
) -> tuple[Any, list[UnreadableLine]]:
    log = ibis.util.gen_name("tenure_csv")
    # One thread: in parallel DuckDB misses lines after a quotation mark that is never closed.
    lines = _lines(
        con,
        path,
        header,
        parallel=False,
        store_rejects=True,
        rejects_table=f"{log}_lines",
        rejects_scan=f"{log}_scan",
        rejects_limit=0,
    )
    try:
        rows = _rows(lines, header, places)
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
    return shifted.mutate(**{ROW: number}).drop("from_row", "shift").cache()
