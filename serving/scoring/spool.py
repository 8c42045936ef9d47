"""Answers of a batch set down on disk until all are there: a percentile needs everybody."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.ipc
from scipy.stats import rankdata

from serving.scoring.score_records import SCHEMA, score_table
from serving.store.errors import StoreError
from serving.store.schema import MARKS

SPOOLED = pa.schema([*SCHEMA, *(pa.field(name, pa.string()) for name in MARKS)])


class Spool:
    """A file without a name in `folder`: its space is given back when its process ends, however that ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with in_a_sentence(self._folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed on leaving)
            self._writer: Any = pa.ipc.new_stream(self._file, SPOOLED)
        self._probabilities: list[np.ndarray] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # what could not be written before cannot be now
            self._file.close()

    def write(self, answers: pd.DataFrame, *marks: pa.Array) -> None:
        """Set down answers: customer_id and every column of models.scores.ANSWERS, and beside them each of MARKS."""
        table = score_table(answers)
        for name, told in zip(MARKS, marks, strict=True):
            table = table.append_column(SPOOLED.field(name), told)
        self._probabilities.append(table["churn_probability"].to_numpy())
        with in_a_sentence(self._folder):
            self._writer.write_table(table)
            self._file.flush()

    def read(self) -> Iterator[pd.DataFrame]:
        """All answers in the order they were set down, with the percentile of each among the scored.

        The percentile is 1 for the safest hundredth to 100; equal probabilities share the middle one.
        """
        with in_a_sentence(self._folder):
            self._writer.close()
            self._file.seek(0)
        percentiles = _percentiles(np.concatenate(self._probabilities or [np.empty(0)]))
        first = 0
        for batch in pa.ipc.open_stream(self._file):
            frame = batch.to_pandas(types_mapper=pd.ArrowDtype)
            frame["churn_percentile"] = percentiles[first : first + len(frame)]
            first += len(frame)
            yield frame


@contextlib.contextmanager
def in_a_sentence(folder: Path) -> Iterator[None]:
    """Turn what the system says of a disk into a StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The answers could not be set down in {folder}: {error.strerror}. Nothing was published."
        ) from error


def _percentiles(probabilities: np.ndarray) -> Any:
    scored = ~np.isnan(probabilities)
    percentiles = np.full(len(probabilities), np.nan)
    ranks = rankdata(probabilities[scored])
    percentiles[scored] = np.ceil((ranks - 0.5) / max(1, scored.sum()) * 100)
    return percentiles
