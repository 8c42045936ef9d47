"""Lines of a CSV file that hold no row: each is told, or the file is refused, but none is lost."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.door.csv_text import open_bytes, open_records
from features.door.faults import CELL_COUNT, LONG_LINE, NOT_UTF8, QUOTATION
from features.errors import DataError

MOST_UNREADABLE = 10_000
LARGEST_CELL = 64_000_000
"""Characters that are looked through for the end of a cell."""

REASONS = {
    "MISSING COLUMNS": CELL_COUNT,
    "TOO MANY COLUMNS": CELL_COUNT,
    "INVALID ENCODING": NOT_UTF8,
    "LINE SIZE OVER MAXIMUM": LONG_LINE,
}
"""What DuckDB calls the trouble, and what we do; all else is a matter of quotation marks."""


@dataclass(frozen=True)
class UnreadableLine:
    """A line that holds no row: its number in the file, what is wrong, and the beginning of its text."""

    number: int
    reason: str
    text: str


def find_unreadable(con: Any, log: str, path: Path) -> list[UnreadableLine]:
    """The lines that DuckDB wrote to its table `log` while it read `path`, in the order of the file.

    Raises DataError when there are very many, or when one of them may hide others.
    """
    found = con.raw_sql(
        f"SELECT line, min(line_byte_position), min_by(error_type::text, coalesce(column_idx, 0)),"
        f" any_value(csv_line) FROM {log} GROUP BY line ORDER BY line LIMIT {MOST_UNREADABLE + 1}"
    ).fetchall()
    lines = [UnreadableLine(number, REASONS.get(kind, QUOTATION), text) for number, _, kind, text in found]
    if len(lines) > MOST_UNREADABLE:
        first = lines[0]
        raise DataError(
            f"{path.name}: more than {MOST_UNREADABLE:,} lines hold no row (first: line {first.number} "
            f"{first.reason}: {first.text[:60]!r}). Export the table again."
        )
    for line, (_, position, _, _) in zip(lines, found, strict=True):
        if line.reason in (QUOTATION, LONG_LINE) and not _stands_alone(path, position, line.text):
            raise open_quotation(path, line.number)
    return lines


def require_records(path: Path, delimiter: str, expected: int) -> None:
    """Count the records by other means: of a quotation mark left open at the end DuckDB says nothing."""
    count, longest, longest_at, start = -1, 0, 0, 1
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        with open_records(path, delimiter) as records:
            for cells in records:
                count += bool(cells)
                if records.line_num - start >= longest:
                    longest, longest_at = records.line_num - start, start
                start = records.line_num + 1
    except csv.Error:
        raise open_quotation(path, start) from None
    finally:
        csv.field_size_limit(before)
    if count != expected:
        raise open_quotation(path, longest_at)


def open_quotation(path: Path, line: int) -> DataError:
    """The error for a file whose lines cannot be told apart."""
    return DataError(
        f"{path.name}, line {line}: a quotation mark opens a cell and is not closed as it should be, so the "
        "lines after it cannot be told apart. Write a quotation mark inside a cell twice, and export the "
        "table again."
    )


def _stands_alone(path: Path, position: int, text: str) -> bool:
    with open_bytes(path) as opened:
        opened.seek(position)
        line = opened.readline()
    return "\n" not in text and line.count(b'"') % 2 == 0
