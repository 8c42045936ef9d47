"""Who has been champion: kept as a tag on the registered model, so that there is a way back.

The tag is a log that is only added to. A version that was promoted comes after the champion of its time; one
that was rolled back to leaves nobody after it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from models.registry import Registry, quiet

TAG = "tenure.champions"
KEPT = 30
"""MLflow's tags are short: so many changes of champion are remembered."""

How = Literal["found", "first", "promoted", "forced", "rolled back"]


@dataclass(frozen=True)
class Crowning:
    """A version became champion: when (UTC, ISO), by whom, and how.

    It is "found" where training or somebody in MLflow had named it; when and by whom then tell who noticed.
    """

    version: str
    at: str
    by: str
    how: How


def crown(registry: Registry, version: str, at: datetime, by: str, how: How) -> None:
    """Make `version` the champion and write it down.

    It is written down first: who dies in between leaves a champion who answers as before, and a log whose
    last line `line` does not believe.
    """
    when = at.isoformat(timespec="seconds")
    log, before = crownings(registry), registry.champion_version()
    if before is not None and (not log or log[-1].version != before):
        log.append(Crowning(before, when, by, "found"))
    log.append(Crowning(version, when, by, how))
    with quiet():
        registry.client().set_registered_model_tag(
            registry.model_name, TAG, json.dumps([asdict(entry) for entry in log[-KEPT:]])
        )
    registry.make_champion(version)


def crownings(registry: Registry) -> list[Crowning]:
    """The log, oldest first; empty for a champion that was only ever named in MLflow."""
    with quiet():
        found = registry.client().search_registered_models(f"name = '{registry.model_name}'")
    tags = dict(found[0].tags) if found else {}
    return [Crowning(**entry) for entry in json.loads(tags.get(TAG, "[]"))]


def line(registry: Registry) -> list[str]:
    """The champions before today's, oldest first, and last the one that answers; empty where none does.

    The alias in MLflow is what counts: a champion that was named there by hand comes last as well.
    """
    champion = registry.champion_version()
    if champion is None:
        return []
    followed: list[str] = []
    for entry in crownings(registry):
        if entry.how in ("found", "rolled back") and entry.version in followed:
            del followed[followed.index(entry.version) + 1 :]
        elif not followed or followed[-1] != entry.version:
            followed.append(entry.version)
    if champion in followed:
        # The alias was taken back by hand, or a crowning never came to its end.
        del followed[len(followed) - followed[::-1].index(champion) :]
        return followed
    return [*followed, champion]
