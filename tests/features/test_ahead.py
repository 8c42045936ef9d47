"""Reading ahead: the same parts, the same errors, and no thread that stays behind."""

import threading

import pytest

from features.ahead import WAITING, Ahead


@pytest.mark.parametrize("source", [range(10), "", "abcdefgh"])
def test_every_part_comes_in_order(source):
    with Ahead(iter(source)) as ahead:
        assert list(ahead.parts) == list(source)


def test_what_a_source_raises_is_raised_where_its_part_is_taken():
    def broken():
        yield 1
        raise ValueError("the engine is gone")

    with Ahead(broken()) as ahead:
        assert next(ahead.parts) == 1
        with pytest.raises(ValueError, match="the engine is gone"):
            next(ahead.parts)


def test_who_leaves_early_leaves_no_thread_behind_and_has_read_little():
    read = []

    def long():
        for number in range(1_000):
            read.append(number)
            yield number

    before = threading.active_count()
    with Ahead(long()) as ahead:
        assert next(ahead.parts) == 0
    assert threading.active_count() == before
    assert len(read) <= WAITING + 3
