"""Writing the scores of a batch to a file: CSV, Parquet or NDJSON, by the file's extension."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
from pyarrow import parquet

from features.errors import ConfigurationError
from models.scores import KEYS
from serving.csv_text import csv_text
from serving.presets import PRESET_NAMES, PRESETS, Preset
from serving.scoring.score_records import SCHEMA
from serving.store.batches import PublishedBatch, Score
from serving.store.errors import NoScoresError, StoreError
from serving.store.filters import Filters
from serving.store.store import ScoreStore

EXTENSIONS = (".csv", ".parquet", ".ndjson")
KEY_TYPES = {"text": pa.string(), "date": pa.date32(), "time": pa.timestamp("us", tz="UTC")}
FILE_SCHEMA = pa.schema([*((key.name, KEY_TYPES[key.kind]) for key in KEYS), *list(SCHEMA)[1:]])


@dataclass(frozen=True)
class Written:
    """A finished file: of which batch, what is in it, and how to tell that it arrived whole."""

    batch: PublishedBatch
    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str

    def manifest(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "as_of": self.batch.as_of,
            "scored_at": self.batch.scored_at,
            "model_version": self.batch.model_version,
            "batch": self.batch.sequence,
            "columns": list(self.columns),
            "rows": self.rows,
            "bytes": self.bytes,
            "sha256": self.sha256,
        }


def export(store: ScoreStore, path: Path, raw: bool, preset: str | None = None) -> int:
    """Write the served batch to `path`, whole or not at all; returns the number of customers.

    The columns are those of models.scores.COLUMNS, or of a preset; reasons are JSON. CSV is made harmless to
    spreadsheets (see serving.csv_text) unless `raw`. Only the owner can read the file. Beside it comes
    `<file>.manifest.json` with rows, checksum, batch and model version. Raises ConfigurationError for an
    extension or a folder that cannot be, StoreError where there are no scores or no room.
    """
    extension = path.suffix.lower()
    if extension not in EXTENSIONS:
        raise ConfigurationError(
            f"{path.name}: the extension says how to write. Name a file that ends in {', '.join(EXTENSIONS)}."
        )
    if preset not in PRESETS:
        raise ConfigurationError(f"--preset {preset}: there are {' and '.join(PRESET_NAMES)}.")
    written = write(store, path, raw, PRESETS[preset], None)
    with _whole_or_not_at_all(path.with_name(f"{path.name}.manifest.json")) as file:
        manifest = {"file": path.name, "preset": preset, **written.manifest()}
        file.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return written.rows


def write(store: ScoreStore, path: Path, raw: bool, preset: Preset, filters: Filters | None) -> Written:
    """Write those of the served batch whom the filters find, everybody without; the extension says how.

    Raises as `export` does, and UnknownNameError where the batch does not know an attribute or a segment.
    """
    batch = store.latest_batch()
    if batch is None:
        raise NoScoresError
    customers = 0

    def counted() -> Iterator[list[Score]]:
        nonlocal customers
        for scores in store.iterate(batch.sequence, filters):
            yield scores
            customers += len(scores)

    rows = preset.rows(counted())
    with _whole_or_not_at_all(path) as file:
        match path.suffix.lower():
            case ".csv":
                file.writelines(text.encode() for text in csv_text(rows, preset.headers, raw))
            case ".ndjson":
                file.writelines(_lines(rows))
            case ".parquet":
                _write_parquet(rows, file, preset)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(batch, preset.headers, customers, path.stat().st_size, digest)


@contextlib.contextmanager
def _whole_or_not_at_all(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the name `path` once it is complete and on the disk."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    except OSError as error:
        raise StoreError(f"{path} could not be written: {error.strerror}. Nothing was left there.") from error


def _lines(chunks: Iterable[list[dict[str, Any]]]) -> Iterator[bytes]:
    for rows in chunks:
        yield b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _write_parquet(chunks: Iterable[list[dict[str, Any]]], file: IO[bytes], preset: Preset) -> None:
    schema = pa.schema([(header, FILE_SCHEMA.field(name).type) for header, name in preset.columns])
    with parquet.ParquetWriter(file, schema) as writer:
        for rows in chunks:
            writer.write_batch(pa.RecordBatch.from_pylist([_record(row) for row in rows], schema))


def _record(row: dict[str, Any]) -> dict[str, Any]:
    """Lists, which are reasons, as JSON."""
    return {
        name: orjson.dumps(cell).decode() if isinstance(cell, list) else cell for name, cell in row.items()
    }
