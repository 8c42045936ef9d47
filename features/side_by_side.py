"""Work on several things at once, in their order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

PROCESSORS = 2
"""NumPy and LightGBM leave Python's lock alone while they work. Each thing under way takes memory."""

Thing = TypeVar("Thing")
Made = TypeVar("Made")


def side_by_side(work: Callable[[Thing], Made], things: Iterable[Thing]) -> Iterator[tuple[Thing, Made]]:
    """Each of the `things` and what `work` makes of it, in threads; see `in_order`."""
    with ThreadPoolExecutor(PROCESSORS) as pool:
        yield from in_order(lambda thing: pool.submit(work, thing), things)


def in_order(
    submit: Callable[[Thing], Future[Made]], things: Iterable[Thing]
) -> Iterator[tuple[Thing, Made]]:
    """Each of the `things` and what is made of it by those who take `submit`, in the order of the things.

    While some are worked on, the next are read, from the calling thread alone: at most one more than there are
    processors are held.
    """
    under_way: deque[tuple[Thing, Future[Made]]] = deque()
    try:
        for thing in things:
            under_way.append((thing, submit(thing)))
            if len(under_way) > PROCESSORS:
                yield _next(under_way)
        while under_way:
            yield _next(under_way)
    finally:
        for _, waiting in under_way:
            waiting.cancel()


def _next(under_way: "deque[tuple[Thing, Future[Made]]]") -> tuple[Thing, Made]:
    thing, made = under_way.popleft()
    return thing, made.result()
