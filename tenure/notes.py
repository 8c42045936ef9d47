"""What the commands leave for the page, from what training found."""

import contextlib
import math
from datetime import datetime
from pathlib import Path

from models.registry import Registry, quiet
from serving.notes import CheckupNote, DamagedNoteError, Moved, VersionsNote, read_note, write_note
from training.checkup import figures
from training.health import Health

MOST_MOVED = 10


def note_checkup(model_folder: Path, health: Health, now: datetime) -> None:
    """Leave the health of the champion beside its folder; raises ConfigurationError where that cannot be."""
    furthest = sorted(health.drifts, key=lambda drift: drift.allowed - drift.distance)[:MOST_MOVED]
    note = CheckupNote(
        made_at=now,
        as_of=health.as_of,
        version=health.version,
        reasons=health.reasons,
        notes=health.notes,
        moved=tuple(Moved(name=d.name, distance=d.distance, allowed=d.allowed, psi=d.psi) for d in furthest),
        figures={name: value if math.isfinite(value) else None for name, value in figures(health).items()},
    )
    write_note(note, model_folder)


def note_versions(
    model_folder: Path, registry: Registry, decision: str | None = None, at: datetime | None = None
) -> None:
    """Leave which version is the newest, and the decision of that moment; the last one stays where there is none.

    Raises ConfigurationError where that cannot be.
    """
    newest = registry.versions()[0]
    if decision is None:
        decision, at = _last_decision(model_folder)
    letters = _letters(registry, newest)
    write_note(VersionsNote(newest=newest, **letters, decision=decision, decided_at=at), model_folder)


def _letters(registry: Registry, version: str) -> dict[str, str]:
    """The grades by subject, as training tagged its run; none where the run is gone."""
    from mlflow.exceptions import MlflowException

    tags: dict[str, str] = {}
    with quiet(), contextlib.suppress(MlflowException):
        client = registry.client()
        run_id = client.get_model_version(registry.model_name, version).run_id
        tags = client.get_run(run_id).data.tags
    return {name: tags.get(f"grade_{name}", "none") for name in ("churn", "value")}


def _last_decision(model_folder: Path) -> tuple[str | None, datetime | None]:
    try:
        note = read_note(VersionsNote, model_folder)
    except DamagedNoteError:
        return None, None
    return (None, None) if note is None else (note.decision, note.decided_at)
