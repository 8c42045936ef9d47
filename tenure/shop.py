"""What the commands do, from tenure.toml to the result: each function is one command's story."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from features.door import Shop, open_shop
from features.errors import ConfigurationError, DataError
from features.profile import Profile, profile_shop, propose_churn_window
from models.horizons import Horizons
from models.registry import Registry
from serving.batches import Publication
from serving.export import export
from serving.scoring import score
from serving.store import ScoreStore
from tenure.settings import Configuration, load_settings

Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Trained:
    """A finished training: what was learned, its version, and whether it is the one that answers now."""

    training: "object"
    version: str
    is_champion: bool


def check_shop(config: Path) -> Profile:
    """Open the shop and describe it."""
    configuration, shop = _open(config)
    return profile_shop(shop, configuration.settings.horizons, end_of(shop))


def score_shop(config: Path, as_of: date | None, scored_at: datetime, tell: Tell) -> Publication:
    """Score with the champion and publish."""
    configuration, shop = _open(config)
    registry = registry_of(configuration)
    version = registry.champion_version()
    if version is None:
        raise ConfigurationError(
            f"There is no champion of {registry.model_name!r} in {registry.tracking_uri}. Run `tenure train` first."
        )
    model = registry.download(version, model_folder(configuration))
    with ScoreStore(configuration.settings.store, configuration.folder, read_only=False) as store:
        return score(
            shop,
            as_of or end_of(shop),
            model,
            version,
            store,
            scored_at,
            model_folder(configuration).parent,
            lambda done, total: tell(done, total, ""),
        )
