"""What the commands leave for the page, from what training found."""

import math
from datetime import datetime

from serving.notes import CheckupNote, Moved, write_note
from tenure.settings import Configuration
from tenure.shop import model_folder
from training.checkup import figures
from training.health import Health

MOST_MOVED = 10


def note_checkup(configuration: Configuration, health: Health, now: datetime) -> None:
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
    write_note(note, model_folder(configuration))
