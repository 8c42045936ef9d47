"""One part in advance: the next is made ready in a thread while the one before is being written."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")


def one_in_advance(parts: Iterable[Part]) -> Iterator[Part]:
    """The same parts in the same order; what making one raises is raised where it is taken."""
    made = iter(parts)
    over = object()
    with ThreadPoolExecutor(1, thread_name_prefix="in-advance") as pool:
        waiting = pool.submit(next, made, over)
        while (part := waiting.result()) is not over:
            waiting = pool.submit(next, made, over)
            yield part  # type: ignore[misc]
