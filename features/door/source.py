"""The connection to the shop's data, and its tables as given: our names, their cells."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import ibis

from features.door.columns import match_columns, wanted_columns
from features.door.csv_file import read_csv, read_header
from features.door.csv_unreadable import UnreadableLine
from features.door.embedded import first_line, open_duckdb
from features.door.files import Files, exactly, find_files, is_file_location
from features.door.settings import DataSettings, TableName, perhaps
from features.door.tables import ROW
from features.errors import ConfigurationError, DataError
from features.rows import keep
from features.spark import open_spark

__all__ = ["DataSettings", "Given", "connect", "read_table"]

FILE_ROW_NUMBER = "file_row_number"
"""DuckDB's number of a row in its Parquet file, from 0, where the file has no column of that name."""


@dataclass(frozen=True)
class Given:
    """A table as given: `table` has ROW and our names with the cells untouched, `theirs` says whose they are.

    `unreadable` are lines of a CSV file that hold no row; they are not in `table`.
    """

    table: Any
    theirs: dict[str, str]
    unreadable: list[UnreadableLine]


def connect(settings: DataSettings, folder: Path) -> Any:
    """Open the backend. The embedded DuckDB can read the files named in `settings` and no others."""
    scheme, _, rest = settings.backend.partition("://")
    if scheme != "duckdb":
        try:
            return open_spark(settings.backend) if scheme == "pyspark" else ibis.connect(settings.backend)
        except Exception as reason:  # every engine fails in its own words
            raise ConfigurationError(
                f"[data] backend: {_without_password(settings.backend)} does not open: {first_line(reason)}"
            ) from None
    located = [place for place in settings.locations().values() if is_file_location(place, folder)]
    readable = {path.parent for place in located for path in find_files(place, folder).paths}
    database = None if rest in ("", ":memory:") else (folder / rest).resolve()
    if database is not None and not database.is_file():
        raise ConfigurationError(f"[data] backend: there is no DuckDB database {rest} in {folder}.")
    return open_duckdb(database, sorted(readable), settings.memory_limit, settings.threads, keep_on_disk=True)


def read_table(con: Any, name: TableName, settings: DataSettings, folder: Path) -> Given:
    """The table `name` of the settings, which start at `folder`, its rows numbered.

    Raises ConfigurationError when it is not there, DataError when it is not a table or lacks columns.
    """
    location = settings.locations()[name]
    if not is_file_location(location, folder):
        return _numbered(_backend_table(con, location), name, settings, location)
    if con.name == "duckdb":
        files = find_files(location, folder)
        if files.kind == "csv":
            return _csv(con, files, name, settings)
    elif con.name != "pyspark":
        raise ConfigurationError(
            f"[data] {name} = {location!r}: {con.name} reads no files. Name a table of it, or use duckdb://."
        )
    try:
        if con.name == "duckdb":
            return _parquet(con, files, name, settings, location)
        parquet = location if "://" in location else str((folder / location).resolve())
        return _numbered(con.read_parquet(parquet), name, settings, location)
    except (ConfigurationError, DataError, duckdb.OutOfMemoryException):
        raise
    except Exception as reason:  # DuckDB and Spark fail in their own words
        raise DataError(
            f"{location} cannot be read as Parquet: {first_line(reason)} Copy or export it again."
        ) from None


def _csv(con: Any, files: Files, name: TableName, settings: DataSettings) -> Given:
    path = files.paths[0]
    renamed = settings.columns.get(name, {})
    header = read_header(path, wanted_columns(name, renamed, settings.attributes).values())
    theirs = match_columns(header.names, name, renamed, settings.attributes, path.name)
    places = {ours: header.names.index(column) for ours, column in theirs.items()}
    table, unreadable = read_csv(con, path, header, places)
    return Given(table, theirs, unreadable)


def _parquet(con: Any, files: Files, name: TableName, settings: DataSettings, location: str) -> Given:
    """Files are not copied: they are read again where somebody asks for the rows as given."""
    paths = [exactly(path) for path in files.paths]
    found = con.read_parquet(paths, binary_as_string=True)
    if len(paths) > 1 or FILE_ROW_NUMBER in found.columns:
        return _numbered(found, name, settings, location)
    numbered = con.read_parquet(paths, binary_as_string=True, **{FILE_ROW_NUMBER: True})
    theirs = _match(found, name, settings, location)
    cells = {ours: _perhaps_nan(numbered, column) for ours, column in theirs.items()}
    return Given(numbered.select(**{ROW: numbered[FILE_ROW_NUMBER] + 1}, **cells), theirs, [])


def _perhaps_nan(numbered: Any, column: str) -> Any:
    """The column, of which DuckDB does not know the least and the greatest that the file states.

    It would take them to hold for NaN too, which no file counts, and find none.
    """
    cell = numbered[column]
    if not cell.type().is_floating():
        return cell
    nan = ibis.literal(float("nan"), type=cell.type())
    return (numbered[FILE_ROW_NUMBER] < 0).ifelse(nan, cell)


def _numbered(found: Any, name: TableName, settings: DataSettings, location: str) -> Given:
    theirs = _match(found, name, settings, location)
    cells = {ours: found[column] for ours, column in theirs.items()}
    return Given(keep(found.select(**{ROW: _row_number(found) + 1}, **cells)), theirs, [])


def _match(found: Any, name: TableName, settings: DataSettings, location: str) -> dict[str, str]:
    return match_columns(found.columns, name, settings.columns.get(name, {}), settings.attributes, location)


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def monotonically_increasing_id() -> int:  # type: ignore[empty-body]
    """Spark: a number for each row, without bringing all rows to one place to count them."""


def _row_number(found: Any) -> Any:
    if found.get_backend().name == "pyspark":
        return monotonically_increasing_id()
    return ibis.row_number()


def _backend_table(con: Any, location: str) -> Any:
    *database, name = location.split(".")
    try:
        return con.table(name, database=tuple(database) or None)
    except Exception:  # every engine fails in its own words
        raise ConfigurationError(
            f"{location}: there is no such file, and no such table on {con.name}"
            f"{perhaps(name, _known_tables(con))}."
        ) from None


def _known_tables(con: Any) -> list[str]:
    if con.name != "duckdb":
        return list(con.list_tables())
    # Ibis 12 asks DuckDB 2 for a method that it no longer has.
    rows = con.raw_sql("SELECT table_name FROM information_schema.tables").fetchall()
    return [name for (name,) in rows]


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
