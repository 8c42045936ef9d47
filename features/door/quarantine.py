"""The quarantine: rejected rows as they were given, in a CSV file that a spreadsheet opens without harm."""

import itertools
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.csv

from features.door.admission import FAULT
from features.door.csv_unreadable import UnreadableLine
from features.door.numbers import PLAIN
from features.door.tables import ROW
from features.errors import ConfigurationError
from features.rows import record_batches

BATCH_ROWS = 50_000
FORMULA = "^[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]"
"""How a cell begins that a spreadsheet may run; plain numbers with a sign are let be."""


def write_quarantine(
    path: Path, given: Any, faults: Any, theirs: Mapping[str, str], unreadable: list[UnreadableLine]
) -> None:
    """Replace the file at `path` with the rejected rows: `row`, `reason`, the shop's own columns.

    `row` counts as in the shop's file, where the header of a CSV file is row 1. Text that a spreadsheet would
    run gets an apostrophe before it. The text of a line that held no row is in `unread_line`.
    """
    rejected = given.inner_join(faults, ROW)
    columns = {"row": rejected[ROW], "reason": rejected[FAULT].replace("\t", ": ")}
    for ours, column in theirs.items():
        columns[f"{column}_given" if column in ("row", "reason", "unread_line") else column] = _harmless(
            rejected[ours]
        )
    if unreadable:
        columns["unread_line"] = ibis.null("string")
    rows = rejected.select(**columns).order_by("row")
    schema = rows.schema().to_pyarrow()
    lines = pa.RecordBatch.from_pylist(
        [
            {
                "row": line.number,
                "reason": f"line: {line.reason}",
                "unread_line": _harmless_text(line.text),
            }
            for line in unreadable
        ],
        schema=schema,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, itertools.chain(record_batches(rows, BATCH_ROWS), [lines]), schema)
    except OSError as reason:
        raise ConfigurationError(
            f"[data] quarantine: {path} cannot be written: {reason.strerror or reason}."
        ) from None


def clear_quarantine(path: Path) -> None:
    """Remove an earlier quarantine: its rows were rejected from a table that has none to reject now."""
    try:
        path.unlink(missing_ok=True)
    except OSError as reason:
        raise ConfigurationError(f"[data] quarantine: {path} cannot be removed: {reason.strerror}.") from None


def _harmless(cell: Any) -> Any:
    if not cell.type().is_string():
        return cell.cast("string")
    would_run = cell.re_search(FORMULA) & ~cell.re_search(PLAIN)
    return would_run.ifelse("'" + cell, cell)


def _harmless_text(text: str) -> str:
    return f"'{text}" if re.search(FORMULA, text) else text


def _replace(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    options = pyarrow.csv.WriteOptions(quoting_style="all_valid")
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "wb") as out:
            with pyarrow.csv.CSVWriter(out, schema, write_options=options) as writer:
                for batch in batches:
                    writer.write_batch(batch)
            out.flush()
            os.fsync(out.fileno())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
