"""The way back: the champion before today's answers again, and the model that is served with it."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from features.errors import ConfigurationError
from models.champions import crown, line
from models.registry import Registry
from serving.store.errors import StoreError
from serving.store.store import ScoreStore
from tenure.lock import only_one
from tenure.notes import note_versions
from tenure.settings import Configuration, load_settings
from tenure.shop import lock_of, model_folder, no_champion, registry_of


@dataclass(frozen=True)
class RolledBack:
    """Whether another version answers now, and what to know about it."""

    done: bool
    sentence: str


def roll_back_shop(config: Path, to: int | None, at: datetime, by: str) -> RolledBack:
    """Let the champion before today's answer again, or the version named; `at` and `by` are when and who.

    Raises BusyError where another training, promotion or rollback is under way.
    """
    configuration = load_settings(config)
    registry = registry_of(configuration)
    with only_one(lock_of(configuration), "rollback"):
        rolled = roll_back(registry, None if to is None else str(to), at, by)
        if rolled.done:
            registry.download_champion(model_folder(configuration))
            note_versions(model_folder(configuration), registry, rolled.sentence, at)
    return RolledBack(rolled.done, rolled.sentence + _served(configuration)) if rolled.done else rolled


def roll_back(registry: Registry, to: str | None, at: datetime, by: str) -> RolledBack:
    """Give the alias back to the champion before today's, or to the version `to`."""
    champions = line(registry)
    if not champions:
        raise no_champion(registry)
    champion, known = champions[-1], registry.versions()
    before = [version for version in champions[:-1] if version in known and version != champion]
    if to is None and not before:
        return RolledBack(
            False,
            f"Version {champion} still answers: no version was champion before it, so there is no way back.",
        )
    version = to or before[-1]
    if version not in known:
        raise ConfigurationError(f"There is no version {version}; there are {', '.join(known)}.")
    if version == champion:
        return RolledBack(False, f"Version {version} answers already: there is nothing to roll back.")
    crown(registry, version, at, by, "rolled back")
    return RolledBack(True, f"Version {version} answers again in place of version {champion}.")


def _served(configuration: Configuration) -> str:
    batch = None
    # Whatever ails the store, the version answers; `tenure score` will say it.
    with (
        contextlib.suppress(StoreError),
        ScoreStore(configuration.settings.store, configuration.folder, read_only=True) as store,
    ):
        batch = store.latest_batch()
    if batch is None:
        return " No scores are published yet: run `tenure score` next."
    return (
        f" The scores of {batch.as_of} that are served were made by version {batch.model_version}: "
        "run `tenure score` to publish its own."
    )
