"""Reading ahead: what an engine still has to give is worked out while what it gave is looked at."""

import threading
from collections.abc import Iterable, Iterator
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Any, Self

WAITING = 4
"""Parts that wait at most."""
LOOK_SECONDS = 0.1


class Ahead:
    """Reads a source in a thread; `parts` are the same for whoever takes them.

    At most `waiting` wait. What the source raises is raised where its part is taken.
    """

    def __init__(self, source: Iterable[Any], waiting: int = WAITING) -> None:
        self._source = source
        self._queue: Queue[Any] = Queue(waiting)
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._read, name="ahead", daemon=True)
        self.parts = self._taken()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._thread.join()

    def _read(self) -> None:
        try:
            for part in self._source:
                self._put((part, None))
                if self._left.is_set():
                    return
            self._put(None)
        except BaseException as error:
            self._put((None, error))

    def _put(self, part: Any) -> None:
        while not self._left.is_set():
            try:
                return self._queue.put(part, timeout=LOOK_SECONDS)
            except Full:
                continue

    def _taken(self) -> Iterator[Any]:
        while True:
            try:
                found = self._queue.get(timeout=LOOK_SECONDS)
            except Empty:
                if self._left.is_set() or (not self._thread.is_alive() and self._queue.empty()):
                    return
                continue
            if found is None:
                return
            part, error = found
            if error is not None:
                raise error
            yield part
