"""Notes that the shop's commands leave beside the model's folder for the page: small JSON, no row of any customer."""

import os
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from features.errors import ConfigurationError


class Moved(BaseModel):
    """How far a column is from training: its Jensen-Shannon distance, how much is allowed, the PSI beside it."""

    model_config = ConfigDict(frozen=True)

    name: str
    distance: FiniteFloat
    allowed: FiniteFloat
    psi: FiniteFloat

    @property
    def has_drifted(self) -> bool:
        """Whether it moved further than chance and its usual course explain."""
        return self.distance > self.allowed


class CheckupNote(BaseModel):
    """What the last `tenure monitor` found about a version as of a day; `made_at` is in UTC.

    Retraining is due where there are `reasons`; `notes` say what could not be measured. `moved` are the columns
    that moved furthest, the furthest first, and `figures` the numbers of its MLflow run, None where not finite.
    """

    model_config = ConfigDict(frozen=True)

    made_at: datetime
    as_of: date
    version: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    moved: tuple[Moved, ...]
    figures: dict[str, float | None]


class VersionsNote(BaseModel):
    """The newest version that was trained, its letters, and the last decision about who answers, in a sentence.

    A letter is "none" where there is no grade; `decision` and its moment, in UTC, are None before the first.
    """

    model_config = ConfigDict(frozen=True)

    newest: str
    churn: str
    value: str
    decision: str | None
    decided_at: datetime | None


FILES: dict[type[BaseModel], str] = {CheckupNote: "monitor.json", VersionsNote: "versions.json"}
N = TypeVar("N", bound=BaseModel)


class DamagedNoteError(Exception):
    """There is a note, and it cannot be read."""


def note_file(kind: type[BaseModel], model_folder: Path) -> Path:
    """Where the note of this kind lies: beside the folder of the model."""
    return model_folder.parent / FILES[kind]


def write_note(note: BaseModel, model_folder: Path) -> None:
    """Put the note in place of the one before: readers see the old one or the new one, whole.

    Raises ConfigurationError where it cannot be written.
    """
    file = note_file(type(note), model_folder)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8") as out:
            out.write(note.model_dump_json(indent=1) + "\n")
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except OSError as reason:
        fresh.unlink(missing_ok=True)
        raise ConfigurationError(f"{file}: the note for the page cannot be written: {reason}.") from None


def read_note(kind: type[N], model_folder: Path) -> N | None:
    """The last note of this kind, None where none was left; raises DamagedNoteError."""
    file = note_file(kind, model_folder)
    try:
        return kind.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as reason:
        raise DamagedNoteError(f"{file}: {reason}") from None
