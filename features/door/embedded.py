"""The embedded DuckDB: it reads the shop's own files, and nothing else of the machine or the network."""

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis

from features.errors import ConfigurationError
from features.rows import KEPT


def open_duckdb(
    database: Path | None,
    readable: Iterable[Path],
    memory_limit: str,
    threads: int | None,
    *,
    keep_on_disk: bool = False,
) -> Any:
    """An Ibis connection, to `database` (read only) if one is given; of files it opens those below `readable`.

    What does not fit `memory_limit` goes to a folder in the system's temporary directory, which is removed
    with the connection. With `keep_on_disk` the tables that are kept are there from the beginning, compressed, in a
    file without a name: its space is given back when the process ends, however that ends.
    """
    options: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": memory_limit,
    }
    if threads is not None:
        options["threads"] = threads
    spill = tempfile.mkdtemp(prefix="tenure-")
    try:
        con = ibis.duckdb.connect(temp_directory=spill, **options)
        if keep_on_disk:
            kept = Path(spill) / "kept.duckdb"
            con.raw_sql(f"ATTACH {_quoted(kept)} AS {KEPT} (TYPE duckdb, RECOVERY_MODE no_wal_writes)")
            kept.unlink()
        if database is not None:
            con.raw_sql(f"ATTACH {_quoted(database)} AS shop (TYPE duckdb, READ_ONLY)")
            con.raw_sql("USE shop")
    except duckdb.Error as reason:
        shutil.rmtree(spill, ignore_errors=True)
        raise ConfigurationError(
            f"data.backend: DuckDB cannot open {database or 'its memory'}: {first_line(reason)}"
        ) from None
    weakref.finalize(con, shutil.rmtree, spill, ignore_errors=True)
    _lock(con, readable)
    return con


@contextmanager
def troubles_in_words() -> Iterator[None]:
    """Turn what DuckDB says of memory and disks into a ConfigurationError; its other errors pass."""
    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException) as reason:
        raise ConfigurationError(
            f"The tables cannot be taken in: {first_line(reason)} Raise [data] memory_limit, or see that the "
            f"disks have room, also under {tempfile.gettempdir()}."
        ) from None


def first_line(reason: BaseException) -> str:
    """The first line of what an engine says; the rest is its own statement and advice."""
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0]


def _lock(con: Any, readable: Iterable[Path]) -> None:
    folders = ", ".join(_quoted(folder) for folder in readable)
    # The order matters: folders can be allowed only while outside access is on, nothing after the lock.
    for setting in (
        "enable_progress_bar = false",  # it would be drawn among what commands print
        f"allowed_directories = [{folders}]",
        "python_enable_replacements = false",
        "allow_community_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        con.raw_sql(f"SET {setting}")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
