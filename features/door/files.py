"""The files a table is kept in: which they are, and whether they are Parquet or CSV."""

import glob
import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from features.errors import ConfigurationError, DataError

SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".txt", ".gz")
WILDCARDS = "*?["


@dataclass(frozen=True)
class Files:
    """Files that make up one table, in the order in which their rows are counted."""

    kind: Literal["parquet", "csv"]
    paths: tuple[Path, ...]


def is_file_location(location: str, folder: Path) -> bool:
    """Whether `location` speaks of files; otherwise it is the name of a table of the backend."""
    looks_like_a_path = "/" in location or "\\" in location or any(sign in location for sign in WILDCARDS)
    return looks_like_a_path or location.lower().endswith(SUFFIXES) or (folder / location).exists()


def find_files(location: str, folder: Path) -> Files:
    """The files at `location`, which starts at `folder`: one file, a folder or a pattern of Parquet files.

    Raises ConfigurationError when there are none, DataError when they are not tables.
    """
    if "://" in location:
        raise ConfigurationError(
            f"{location}: only files of this machine are read. Copy the file here, or set [data] backend to "
            "an engine that reads it where it is."
        )
    place = (folder / location).resolve()
    if place.is_dir():
        paths = sorted(path for path in place.rglob("*.parquet") if path.is_file())
    elif place.is_file():
        paths = [place]
    else:
        paths = sorted(Path(path).resolve() for path in glob.glob(str(place), recursive=True))
    if not paths:
        missing = "holds no .parquet file" if place.is_dir() else "does not exist"
        raise ConfigurationError(f"{location}: {missing} (looked in {place if place.is_dir() else folder}).")
    kinds = {_kind(path) for path in paths}
    if len(kinds) > 1 or (kinds == {"csv"} and len(paths) > 1):
        raise ConfigurationError(
            f"{location}: {len(paths)} files that are not all Parquet. Several files make up a table only as "
            "Parquet; join CSV files into one."
        )
    return Files(kinds.pop(), tuple(paths))


def exactly(path: Path) -> str:
    """The path as DuckDB takes it for itself and not for a pattern of names."""
    return re.sub("([*?[])", r"[\1]", str(path))


def _kind(path: Path) -> Literal["parquet", "csv"]:
    try:
        with path.open("rb") as opened:
            start = opened.read(4096)
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(path) as unpacked:
                start = unpacked.read(4096)
    except (OSError, EOFError) as reason:
        raise DataError(f"{path.name} cannot be read: {reason}.") from None
    if not start.strip():
        raise DataError(f"{path.name} is empty. Export the table again, with its header and rows.")
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK\x03\x04"):
        raise DataError(
            f"{path.name} is a workbook or an archive, not a table. Save the sheet as CSV (UTF-8)."
        )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_bare_utf16(start):
        raise DataError(f"{path.name} is written in UTF-16. Save it again as CSV in UTF-8.")
    if path.suffix.lower() in (".parquet", ".pq") or b"\x00" in start.lstrip().split(b"\n")[0]:
        raise DataError(
            f"{path.name} is not a table: it is neither Parquet nor CSV text. Export the table again."
        )
    return "csv"


def _is_bare_utf16(start: bytes) -> bool:
    half = len(start) // 2
    return half > 0 and max(start[0::2].count(0), start[1::2].count(0)) > 0.9 * half
