"""The text of a CSV file, packed or not, as Python reads it."""

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast


def is_gzip(path: Path) -> bool:
    """Whether the file is packed with gzip, whatever its name says."""
    with path.open("rb") as opened:
        return opened.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked."""
    return cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb")


@contextmanager
def open_records(path: Path, delimiter: str) -> Iterator[Any]:
    """A csv.reader of the file that, as DuckDB does, finds a quotation mark behind spaces.

    A byte that is not UTF-8 becomes a lone surrogate.
    """
    with (
        open_bytes(path) as opened,
        io.TextIOWrapper(opened, encoding="utf-8-sig", errors="surrogateescape", newline="") as text,
    ):
        yield csv.reader(text, delimiter=delimiter, skipinitialspace=True)
