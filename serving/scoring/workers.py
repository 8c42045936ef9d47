"""Processes that answer for a model: in threads of one process, Python and memory get into one another's way."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from typing import Protocol

import pandas as pd

from features.side_by_side import PROCESSORS
from models.tenure_model import TenureModel
from serving.store.errors import StoreError

MANY = 200_000
"""Customers for whom it pays to begin processes, each of which has to read the model and the libraries."""

Predict = Callable[[pd.DataFrame, date], pd.DataFrame]


class Saved(Protocol):
    """A model that can be put into a folder of plain files."""

    def save(self, folder: Path) -> None:
        """Write all of it into `folder`, which is new."""


@dataclass(frozen=True)
class Workers:
    """How processes for answers are begun: for how many customers, in what environment, and what each does first."""

    many: int = MANY
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] | None = None

    @contextmanager
    def of(self, model: Saved) -> Iterator[tuple[Executor, Predict]]:
        """Workers, and what to ask them: `TenureModel.predict_written` of the model as it is saved.

        Raises StoreError where one of them ends before its time.
        """
        with tempfile.TemporaryDirectory(prefix="tenure-") as scratch:
            folder = Path(scratch) / "model"
            model.save(folder)
            context = get_context("spawn")
            with ProcessPoolExecutor(PROCESSORS, context, _begin, (self.prepare,)) as pool:
                with _environment(self.environment):
                    for _ in range(PROCESSORS):
                        pool.submit(_load, folder)  # a process begins with a task that finds none idle
                try:
                    yield pool, partial(_predict, folder)
                except BrokenProcessPool:
                    raise StoreError(
                        "A process that worked out answers was ended from outside, most likely for want of memory. "
                        "Nothing was published. Give the machine more memory, or lower [data] memory_limit."
                    ) from None


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(prepare: Callable[[], None] | None) -> None:
    """In a worker: whoever began it decides when it ends, and it does not outlive them."""
    signal(SIGINT, SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    if prepare is not None:
        prepare()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@lru_cache(maxsize=1)
def _load(folder: Path) -> TenureModel:
    return TenureModel.load(folder)


def _predict(folder: Path, features: pd.DataFrame, as_of: date) -> pd.DataFrame:
    return _load(folder).predict_written(features, as_of)
