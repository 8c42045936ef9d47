"""The check-up of a shop's champion: what is served is read here, and judged in training.health."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from features.door.open import open_shop
from models.champions import line
from models.registry import Registry
from models.standing import asked
from models.tenure_model import TenureModel
from serving.store.batches import PublishedBatch
from serving.store.store import ScoreStore
from tenure.notes import note_checkup
from tenure.settings import Configuration, load_settings
from tenure.shop import day_after_newest, model_folder, no_champion, registry_of
from training.aftermath import Served
from training.checkup import record_health
from training.health import Health, Patience, examine
from training.learn import Tell
from training.papers import read_reference
from training.past import Past

MOST_BATCHES = 3


@dataclass(frozen=True)
class Checkup:
    """The health that was found, and the MLflow run that holds its figures."""

    health: Health
    run_id: str


def monitor_shop(config: Path, as_of: date | None, now: datetime, tell: Tell) -> Checkup:
    """Examine the champion as of a day, as if that were today; by default of what is known by now.

    What was found goes to MLflow, and to the page of the model.
    """
    configuration = load_settings(config)
    registry = registry_of(configuration)
    champions = line(registry)
    if not champions:
        raise no_champion(registry)
    shop = open_shop(configuration.settings.data, configuration.folder)
    known_until = day_after_newest(shop)
    # Days without data yet are no days without purchases.
    day = known_until if as_of is None else min(as_of, known_until)
    today = as_of or now.astimezone(ZoneInfo(shop.timezone)).date()
    version = champions[-1]
    model = registry.load(version)
    past = Past(shop, configuration.settings.training.seed)
    tell(0, 3, "what was served")
    served = _served(configuration, registry, past, {version: model}, champions, day)
    tell(1, 3, "drift and outcomes")
    waits = configuration.settings.monitoring
    health = examine(
        past,
        day,
        today,
        model,
        version,
        read_reference(registry.papers(version)),
        served,
        Patience(waits.stale_data_days, waits.retrain_after_days),
    )
    tell(2, 3, "record")
    run_id = record_health(health, registry)
    note_checkup(model_folder(configuration), health, now)
    return Checkup(health, run_id)


def _served(
    configuration: Configuration,
    registry: Registry,
    past: Past,
    models: dict[str, TenureModel],
    champions: list[str],
    until: date,
) -> list[Served]:
    """The newest kept batches whose window is over.

    Where none is kept for so long, the last champion trained before such a window is asked again what it
    said: the same model on the same history gives the same scores, but for corrections made to the history.
    """
    known = set(registry.versions())

    def load(version: str) -> TenureModel | None:
        if version not in models and version in known:
            models[version] = registry.load(version)
        return models.get(version)

    found = []
    with ScoreStore(configuration.settings.store, configuration.folder, read_only=True) as store:
        batches = store.batches() if store.latest_batch() is not None else []
        for batch in _over(batches, until):
            model = load(batch.model_version)
            found.append(
                Served(
                    batch.as_of,
                    batch.model_version,
                    batch.horizons,
                    store.forecasts(batch.sequence),
                    {} if model is None else model.metrics,
                    is_recomputed=False,
                )
            )
    if found:
        return found
    for version in reversed(champions):
        model = load(version)
        if model is None:
            continue
        day = until - timedelta(days=model.horizons.churn_window_days)
        if model.trained_as_of <= day:
            features = past.features(day, model.plan)
            decided = asked(features, model.horizons.churn_window_days)
            scores = model.answer(features[decided].reset_index(drop=True), day)
            return [Served(day, version, model.horizons, scores, model.metrics, is_recomputed=True)]
    return []


def _over(batches: list[PublishedBatch], until: date) -> Iterator[PublishedBatch]:
    over = [
        batch for batch in batches if batch.as_of + timedelta(days=batch.horizons.churn_window_days) <= until
    ]
    yield from sorted(over, key=lambda batch: batch.as_of, reverse=True)[:MOST_BATCHES]
