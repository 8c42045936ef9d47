"""Tables set aside on disk: the same tables, the same errors, however far ahead the source is."""

import threading

import pyarrow as pa
import pytest

from serving.scoring.aside import Aside
from serving.store.errors import StoreError


def numbered(many):
    for number in range(many):
        yield pa.table({"id": [f"{number}"] * number, "events": pa.array([None] * number, pa.string())})


def test_every_table_comes_back_in_order_once_all_are_set_down(tmp_path):
    done = threading.Event()

    def source():
        yield from numbered(40)
        done.set()

    with Aside(source(), tmp_path) as aside:
        others = aside.after("ab")
        assert [next(others), next(others)] == ["a", "b"]
        assert not done.is_set()
        assert list(others) == []
        assert done.wait(timeout=60)  # nobody has taken a table
        assert list(aside.tables()) == list(numbered(40))
    assert list(tmp_path.iterdir()) == []


def test_what_a_source_raises_is_raised_where_its_table_is_taken(tmp_path):
    def broken():
        yield from numbered(2)
        raise ValueError("the engine is gone")

    with Aside(broken(), tmp_path) as aside:
        tables = aside.tables()
        assert [next(tables).num_rows, next(tables).num_rows] == [0, 1]
        with pytest.raises(ValueError, match="the engine is gone"):
            next(tables)


def test_a_disk_that_takes_no_more_is_told_in_a_sentence(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with (
        Aside(numbered(2), tmp_path) as aside,
        pytest.raises(StoreError, match=r"No space left on device\. Nothing was"),
    ):
        list(aside.tables())


def test_who_leaves_early_leaves_no_thread_behind(tmp_path):
    before = threading.active_count()
    with Aside(numbered(300), tmp_path) as aside:
        next(aside.tables())
    assert threading.active_count() == before
