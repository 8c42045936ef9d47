"""Tables set aside on disk: however many wait, they take no memory."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.ipc

from features.ahead import Ahead
from serving.scoring.spool import in_a_sentence

ANY_NUMBER = 0
"""Of parts that wait at once."""


class Aside:
    """Reads tables from a source in a thread, and keeps them in a file without a name until they are taken.

    The source gets as far ahead as it likes. What it raises is raised where its table is taken, and StoreError where
    the disk takes no more. The file's space is given back when its process ends, however that ends.
    """

    def __init__(self, source: Iterable[pa.Table], folder: Path) -> None:
        self._source, self._folder = source, folder
        with in_a_sentence(folder):
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (closed on leaving)
        self._ahead = Ahead(self._set_down(), ANY_NUMBER)

    def __enter__(self) -> Self:
        self._ahead.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ahead.__exit__(kind, error, trace)
        self._file.close()

    def tables(self) -> Iterator[pa.Table]:
        """The tables in the order of the source, each as soon as it is there."""
        for first, size in self._ahead.parts:
            yield pa.ipc.open_stream(os.pread(self._file.fileno(), size, first)).read_all()

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
