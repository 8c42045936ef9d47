"""A folder that changes in one step: a reader never finds it missing, a dead writer leaves nothing behind."""

import threading

import pytest

from models import folders
from models.folders import one_at_a_time, put_folder


def _folder(path, text):
    path.mkdir()
    (path / "version.txt").write_text(text)
    return path


@pytest.mark.parametrize("can_exchange", [True, False])
def test_the_fresh_folder_takes_the_place_and_the_old_one_is_where_it_was(
    tmp_path, monkeypatch, can_exchange
):
    if not can_exchange:
        monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    served = _folder(tmp_path / "model", "1")
    put_folder(_folder(tmp_path / "fresh", "2"), served)
    assert (served / "version.txt").read_text() == "2"
    assert (tmp_path / "fresh/version.txt").read_text() == "1"


def test_a_reader_never_finds_it_missing(tmp_path):
    served, stop, missing = _folder(tmp_path / "model", "0"), threading.Event(), []

    def read():
        while not stop.is_set():
            try:
                (served / "version.txt").read_text()
            except OSError as error:
                missing.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        put_folder(_folder(tmp_path / f"fresh{number}", str(number)), served)
    stop.set()
    reader.join()
    assert not missing


def test_what_a_dead_writer_left_is_cleared_away(tmp_path):
    _folder(tmp_path / ".model-abc", "half")
    with one_at_a_time(tmp_path / "model"):
        assert not (tmp_path / ".model-abc").exists()
