"""Notes for the page: whole or not at all, and damage is told apart from absence."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from features.errors import ConfigurationError
from serving.notes import CheckupNote, DamagedNoteError, Moved, note_file, read_note, write_note

NOTE = CheckupNote(
    made_at=datetime(2024, 1, 31, 5, 0, tzinfo=UTC),
    as_of=date(2024, 1, 31),
    version="7",
    reasons=("version 7 was trained 200 days ago, and 180 are allowed",),
    notes=(),
    moved=(
        Moved(name="recency", distance=0.3, allowed=0.1, psi=0.5),
        Moved(name="clv", distance=0.1, allowed=0.1, psi=0.1),
    ),
    figures={"model_age_days": 200.0, "served_roc_auc": None},
)


def test_a_note_is_read_as_it_was_written_and_the_last_one_counts(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "model"
    assert read_note(CheckupNote, folder) is None
    write_note(NOTE.model_copy(update={"version": "6"}), folder)
    write_note(NOTE, folder)
    assert read_note(CheckupNote, folder) == NOTE
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["monitor.json"]
    assert [moved.has_drifted for moved in NOTE.moved] == [True, False]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": "7"}', b"\xff\xfe", b"null"])
def test_a_damaged_note_is_told_apart_from_none(tmp_path: Path, damage: bytes) -> None:
    folder = tmp_path / "model"
    note_file(CheckupNote, folder).write_bytes(damage)
    with pytest.raises(DamagedNoteError, match=r"monitor\.json"):
        read_note(CheckupNote, folder)


def test_a_note_that_cannot_be_written_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    note_file(CheckupNote, folder).mkdir()
    with pytest.raises(ConfigurationError, match=r"monitor\.json: the note for the page cannot be written: "):
        write_note(NOTE, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["monitor.json"]
    with pytest.raises(DamagedNoteError, match="Is a directory"):
        read_note(CheckupNote, folder)
