"""Reading ahead: the same parts, the same errors, and no thread that stays behind."""

import threading

import pytest

from features.ahead import WAITING, Ahead


def test_every_part_of_every_source_comes_in_order():
    with Ahead(range(10), "", iter("abcdefgh")) as ahead:
        assert [list(part) for part in ahead.parts] == [list(range(10)), [], list("abcdefgh")]


def test_what_a_source_raises_is_raised_where_its_part_is_taken():
    def broken():
        yield 1
        raise ValueError("the engine is gone")

    with Ahead([0], broken()) as ahead:
        first, second = ahead.parts
        assert list(first) == [0]
        assert next(second) == 1
        with pytest.raises(ValueError, match="the engine is gone"):
            next(second)


def test_who_leaves_early_leaves_no_thread_behind_and_has_read_little():
    read = []

    def long():
        for number in range(1_000):
            read.append(number)
            yield number

    before = threading.active_count()
    with Ahead(long()) as ahead:
        assert next(ahead.parts[0]) == 0
    assert threading.active_count() == before
    assert len(read) <= WAITING + 3
