"""Reading ahead: what an engine still has to give is worked out while what it gave is looked at."""

import threading
from collections.abc import Iterable, Iterator
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Any, Self

WAITING = 4
"""Parts of the last source that wait at most; those of the sources before it are small, and may all wait."""
LOOK_SECONDS = 0.1


class Ahead:
    """Reads `sources` one after the other in a thread; `parts` are the same sources for whoever takes them.

    They are to be taken in the same order, of the last one `waiting` wait at most. What a source raises is
    raised where its part is taken.
    """

    def __init__(self, *sources: Iterable[Any], waiting: int = WAITING) -> None:
        self._sources = sources
        last = len(sources) - 1
        self._queues: list[Queue[Any]] = [Queue(waiting if n == last else 0) for n in range(len(sources))]
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._read, name="ahead", daemon=True)
        self.parts = tuple(self._taken(queue) for queue in self._queues)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._thread.join()

    def _read(self) -> None:
        for source, queue in zip(self._sources, self._queues, strict=True):
            try:
                for part in source:
                    self._put(queue, (part, None))
                    if self._left.is_set():
                        return
                self._put(queue, None)
            except BaseException as error:
                self._put(queue, (None, error))
                return

    def _put(self, queue: "Queue[Any]", part: Any) -> None:
        while not self._left.is_set():
            try:
                return queue.put(part, timeout=LOOK_SECONDS)
            except Full:
                continue

    def _taken(self, queue: "Queue[Any]") -> Iterator[Any]:
        while True:
            try:
                found = queue.get(timeout=LOOK_SECONDS)
            except Empty:
                if self._left.is_set() or (not self._thread.is_alive() and queue.empty()):
                    return
                continue
            if found is None:
                return
            part, error = found
            if error is not None:
                raise error
            yield part
