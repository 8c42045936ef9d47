"""A CSV file, read as text under its own header; a line that is no row is told, never guessed at."""

import csv
import gzip
import io
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import duckdb
import ibis

from features.embedded import first_line
from features.errors import DataError
from features.tables import ROW

DELIMITERS = (",", ";", "\t", "|")
MOST_UNREADABLE = 10_000
LARGEST_CELL = 64_000_000
"""Characters that are looked through for the end of a cell."""


@dataclass(frozen=True)
class CsvHeader:
    """The delimiter of a file, the names in its header, in order, and how many blank lines come before it."""

    delimiter: str
    names: tuple[str, ...]
    blank_lines: int


@dataclass(frozen=True)
class UnreadableLine:
    """A line that holds no row: its number in the file (the header is 1), what is wrong, and its text."""

    number: int
    reason: str
    text: str


def read_header(path: Path, expected: Collection[str]) -> CsvHeader:
    """Read the first line, with the delimiter that finds most of the `expected` names in it."""
    readings = []
    for delimiter in DELIMITERS:
        with _records(path, delimiter) as records:
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
        compression="gzip" if _is_gzip(path) else "none",
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
            f"{path.name} cannot be read as CSV: {first_line(reason)} Export the table again, with one "
            "kind of line end, and with quotation marks round cells that hold a delimiter or a line break."
        ) from None
    found = con.raw_sql(
        "SELECT line, min(line_byte_position), min_by(error_type::text, coalesce(column_idx, 0)),"
        " min_by(error_message, coalesce(column_idx, 0)), any_value(csv_line)"
        f" FROM {log}_lines GROUP BY line ORDER BY line LIMIT {MOST_UNREADABLE + 1}"
    ).fetchall()
    unreadable = [UnreadableLine(number, message, text) for number, _, _, message, text in found]
    if len(found) > MOST_UNREADABLE:
        first = unreadable[0]
        raise DataError(
            f"{path.name}: more than {MOST_UNREADABLE:,} lines are no rows under its header of "
            f"{len(header.names)} columns (first: line {first.number}, {first.text[:60]!r}: {first.reason}). "
            "Export the table again."
        )
    for number, position, kind, _, text in found:
        if kind in ("UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM") and not _stands_alone(path, position, text):
            raise _open_quotation(path, number)
    _count_records(path, header, rows.count().execute() + len(unreadable))
    return (_renumber(rows, unreadable) if unreadable else rows), unreadable


def _stands_alone(path: Path, position: int, text: str) -> bool:
    with _open(path) as opened:
        opened.seek(position)
        line = opened.readline()
    return "\n" not in text and line.count(b'"') % 2 == 0


def _count_records(path: Path, header: CsvHeader, expected: int) -> None:
    """Count the records by other means: DuckDB says nothing of a quotation mark left open at the end."""
    count, longest, longest_at = -1, 0, 0
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        with _records(path, header.delimiter) as records:
            start = 1
            for cells in records:
                count += bool(cells)
                if records.line_num - start >= longest:
                    longest, longest_at = records.line_num - start, start
                start = records.line_num + 1
    except csv.Error:
        raise _open_quotation(path, start) from None
    finally:
        csv.field_size_limit(before)
    if count != expected:
        raise _open_quotation(path, longest_at)


def _open_quotation(path: Path, line: int) -> DataError:
    return DataError(
        f"{path.name}, line {line}: a quotation mark opens a cell and is not closed as it should be, so the "
        "lines after it cannot be told apart. Write a quotation mark inside a cell twice, and export the "
        "table again."
    )


def _renumber(rows: Any, unreadable: list[UnreadableLine]) -> Any:
    # Rows were counted without the unreadable lines; the k-th of these pushes the rows after it k further.
    shifts = ibis.memtable(
        {
            "from_row": [line.number - before for before, line in enumerate(unreadable)],
            "shift": [before + 1 for before, _ in enumerate(unreadable)],
        }
    )
    shifted = rows.asof_join(shifts, rows[ROW] >= shifts.from_row)
    return (
        shifted.mutate(**{ROW: shifted[ROW] + shifted["shift"].fill_null(0)})
        .drop("from_row", "shift")
        .cache()
    )


@contextmanager
def _records(path: Path, delimiter: str) -> Iterator[Any]:
    # A byte that is not UTF-8 is the trouble of its own line.
    with (
        _open(path) as opened,
        io.TextIOWrapper(opened, encoding="utf-8-sig", errors="surrogateescape", newline="") as text,
    ):
        yield csv.reader(text, delimiter=delimiter)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(2) == b"\x1f\x8b"


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if _is_gzip(path) else path.open("rb")
