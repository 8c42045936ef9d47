"""Answers worked out by Spark's workers, where the features are, and read back from the Parquet they wrote."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.fs

from features.door.embedded import first_line
from features.errors import ConfigurationError
from features.spark import send, write_batches
from models.tenure_model import TenureModel
from serving.scoring.roster import FRAME_ROWS, part_objectors
from serving.scoring.score_records import SCHEMA, score_table
from serving.scoring.unscored import OBJECTS, without_score
from serving.scoring.workers import Saved
from serving.store.errors import StoreError

SCORED = "tenure_scored"
Files = tuple[tuple[str, bytes], ...]


def answer_on_spark(
    features: Any, model: Saved, as_of: date, beside: Sequence[str], staging: str
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame | None]]:
    """Answers to a lazy table of features on Spark, with the features of `beside`; None for who has no score.

    Workers write to a folder of their own in `staging`, which is read a part at a time and then removed. Raises
    ConfigurationError where `staging` is no place, StoreError where the workers fail.
    """
    schema = SCHEMA.append(pa.field(SCORED, pa.bool_()))
    for name in beside:
        schema = schema.append(pa.field(name, pa.float64()))
    files, root = _open(staging)
    name = f"answers-{uuid4().hex}"
    place = f"{root.rstrip('/')}/{name}"
    work = partial(_answer, send(features, _files_of(model)), as_of, tuple(beside), schema)
    try:
        try:
            write_batches(features, work, schema, f"{staging.rstrip('/')}/{name}")
        except Exception as reason:  # Spark fails in its own words, and in those of the workers
            raise StoreError(
                f"Spark's workers could not write the answers to {staging}: {first_line(reason)} Every worker needs "
                "Tenure installed, and [data] staging has to be a folder that workers can write to and Tenure can read."
            ) from reason
        written = pa.dataset.dataset(place, filesystem=files, format="parquet", schema=schema)
        for batch in written.to_batches(batch_size=FRAME_ROWS):
            frame = batch.to_pandas()
            scored = frame[SCORED].to_numpy(dtype=bool)
            if scored.any():
                yield frame.loc[scored, SCHEMA.names], frame.loc[scored, list(beside)]
            if not scored.all():
                yield frame.loc[~scored, SCHEMA.names], None
    finally:
        if files.get_file_info(place).type != pa.fs.FileType.NotFound:
            files.delete_dir(place)


def _open(staging: str) -> tuple[Any, str]:
    try:
        files, root = pa.fs.FileSystem.from_uri(staging)
    except (pa.ArrowException, OSError) as reason:
        raise ConfigurationError(
            f"[data] staging: {staging} is no folder that can be read: {first_line(reason)}"
        ) from None
    return files, root


def _files_of(model: Saved) -> Files:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        model.save(folder)
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return tuple((str(path.relative_to(folder)), path.read_bytes()) for path in paths)


@lru_cache(maxsize=1)
def _load(files: Files) -> TenureModel:
    """In a worker: the model, loaded once for all parts that this process answers."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, content in files:
            path = Path(scratch) / "model" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return TenureModel.load(Path(scratch) / "model")


def _answer(
    sent: Any, as_of: date, beside: tuple[str, ...], schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """In a worker: the answers to one part of the features."""
    model = _load(sent.value)
    for batch in batches:
        scored, objecting = part_objectors(batch.to_pandas())
        parts = [(without_score(objecting, OBJECTS, None, None), objecting, False)]
        if len(scored):
            parts.append((model.predict_written(scored, as_of), scored, True))
        for answers, features, has_score in parts:
            table = score_table(answers).append_column(
                SCORED, pa.array([has_score] * len(answers), pa.bool_())
            )
            for name in beside:
                table = table.append_column(name, pa.array(features[name], pa.float64(), from_pandas=True))
            yield from table.cast(schema).to_batches()
