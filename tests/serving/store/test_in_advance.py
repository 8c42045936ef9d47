from collections.abc import Iterator

import pytest

from serving.store.in_advance import one_in_advance


def test_parts_come_in_order_and_one_is_made_while_another_is_taken() -> None:
    made: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    taken = []
    for part in one_in_advance(parts()):
        taken.append(part)
        assert len(made) <= len(taken) + 1
    assert taken == list(range(5))


def test_what_making_a_part_raises_is_raised_after_the_parts_before_it() -> None:
    def parts() -> Iterator[int]:
        yield 1
        raise OSError("no room")

    parts_taken = one_in_advance(parts())
    assert next(parts_taken) == 1
    with pytest.raises(OSError, match="no room"):
        next(parts_taken)
    assert list(one_in_advance([])) == []
