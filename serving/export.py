"""Writing the scores of a batch to a file: CSV, Parquet or NDJSON, by the file's extension."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
from pyarrow import parquet

from features.errors import ConfigurationError
from models.scores import KEYS, NAMES
from serving.csv_text import csv_text
from serving.scoring.score_records import SCHEMA
from serving.store.batches import Score
from serving.store.errors import StoreError
from serving.store.store import ScoreStore

EXTENSIONS = (".csv", ".parquet", ".ndjson")
KEY_TYPES = {"text": pa.string(), "date": pa.date32(), "time": pa.timestamp("us", tz="UTC")}
FILE_SCHEMA = pa.schema([*((key.name, KEY_TYPES[key.kind]) for key in KEYS), *list(SCHEMA)[1:]])


def export(store: ScoreStore, path: Path, raw: bool) -> int:
    """Write the served batch to `path`, whole or not at all; returns the number of customers.

    The columns are those of models.scores.COLUMNS; reasons are JSON. CSV is made harmless to spreadsheets
    (see serving.csv_text) unless `raw`. Only the owner can read the file. Raises ConfigurationError for an
    extension or a folder that cannot be, StoreError where there are no scores or no room.
    """
    extension = path.suffix.lower()
    if extension not in EXTENSIONS:
        raise ConfigurationError(
            f"{path.name}: the extension says how to write. Name a file that ends in {', '.join(EXTENSIONS)}."
        )
    customers = 0

    def counted() -> Iterator[list[Score]]:
        nonlocal customers
        for scores in store.iterate():
            yield scores
            customers += len(scores)

    with _whole_or_not_at_all(path) as file:
        match extension:
            case ".csv":
                file.writelines(text.encode() for text in csv_text(counted(), NAMES, raw))
            case ".ndjson":
                file.writelines(_lines(counted()))
            case ".parquet":
                _write_parquet(counted(), file)
    return customers


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


def _lines(chunks: Iterable[list[Score]]) -> Iterator[bytes]:
    for scores in chunks:
        yield b"".join(orjson.dumps(score, option=orjson.OPT_APPEND_NEWLINE) for score in scores)


def _write_parquet(chunks: Iterable[list[Score]], file: IO[bytes]) -> None:
    with parquet.ParquetWriter(file, FILE_SCHEMA) as writer:
        for scores in chunks:
            writer.write_batch(pa.RecordBatch.from_pylist([_record(s) for s in scores], FILE_SCHEMA))


def _record(score: Score) -> dict[str, Any]:
    reasons = score["reasons"]
    return {**score, "reasons": None if reasons is None else orjson.dumps(reasons).decode()}
