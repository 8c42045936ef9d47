"""Tables set aside on disk: however many wait, they take no memory."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import pyarrow as pa
import pyarrow.ipc

from features.ahead import Ahead
from serving.scoring.spool import in_a_sentence

Other = TypeVar("Other")
ANY_NUMBER = 0
"""Of parts that wait at once."""


class Aside:
    """Reads tables from a source in a thread, and keeps them in a file without a name until they are taken.

    It begins once what is read through `after` is at its end, or the first table is asked for. From then on the source
    gets as far ahead as it likes. What it raises is raised where its table is taken, and StoreError where
    the disk takes no more. The file's space is given back when its process ends, however that ends.
    """

    def __init__(self, source: Iterable[pa.Table], folder: Path) -> None:
        self._source, self._folder = source, folder
        with in_a_sentence(folder):
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (closed on leaving)
        self._begun = ExitStack()
        self._ahead: Ahead | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._begun.close()
        self._file.close()

    def after(self, others: Iterable[Other]) -> Iterator[Other]:
        """The same others."""
        yield from others
        self._begin()

    def tables(self) -> Iterator[pa.Table]:
        """The tables in the order of the source, each as soon as it is there."""
        for first, size in self._begin().parts:
            yield pa.ipc.open_stream(os.pread(self._file.fileno(), size, first)).read_all()

    def _begin(self) -> Ahead:
        if self._ahead is None:
            self._ahead = self._begun.enter_context(Ahead(self._set_down(), ANY_NUMBER))
        return self._ahead

    def _set_down(self) -> Iterator[tuple[int, int]]:
        """Where each table begins in the file, and its bytes."""
        end = 0
        for table in self._source:
            first = end
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            waiting = memoryview(sink.getvalue())
            with in_a_sentence(self._folder):
                while waiting:
                    written = os.pwrite(self._file.fileno(), waiting, end)
                    waiting, end = waiting[written:], end + written
            yield first, end - first
