"""What the commands do, from tenure.toml to the result: each function is one command's story."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from features.door.open import Shop, open_shop
from features.errors import ConfigurationError
from features.plan import plan_features
from features.profile import Profile, profile_shop, propose_churn_window
from models.horizons import Horizons
from models.registry import Registry
from models.steadiness import Steadiness
from models.tenure_model import TenureModel
from serving.export import export
from serving.scoring.own_segments import OwnSegments
from serving.scoring.score import score
from serving.scoring.workers import Workers
from serving.store.batches import Publication
from serving.store.store import ScoreStore
from tenure.lock import only_one
from tenure.memory import asked, collect_seldom
from tenure.notes import note_versions
from tenure.promotion import Decision, promote
from tenure.settings import Configuration, load_settings
from training.backtest import Backtest, backtest
from training.backtest_runs import record_backtest
from training.learn import Tell
from training.report import write_report
from training.tracking import record
from training.train import train


@dataclass(frozen=True)
class Trained:
    """A finished training: the model, its version, and the version that answers now."""

    model: TenureModel
    version: str
    champion: str


def check_shop(config: Path) -> Profile:
    """Open the shop and describe it; raises ConfigurationError for a segment whose rule does not fit the data."""
    configuration = load_settings(config)
    settings = configuration.settings
    shop = open_shop(settings.data, configuration.folder)
    day, window = day_after_newest(shop), settings.horizons.churn_window_days
    profile = profile_shop(shop, window, day)
    if settings.segments:
        days = profile.churn_window_days
        OwnSegments(settings.segments, plan_features(shop, day, days, settings.data.attributes))
    return profile


def train_shop(config: Path, as_of: date | None, tell: Tell) -> Trained:
    """Learn, record the run, register a version; the first version becomes the champion.

    Raises BusyError where another training, promotion or rollback is under way.
    """
    configuration = load_settings(config)
    with only_one(lock_of(configuration), "train"):
        return _train(configuration, as_of, tell)


def _train(configuration: Configuration, as_of: date | None, tell: Tell) -> Trained:
    shop = open_shop(configuration.settings.data, configuration.folder)
    settings = configuration.settings
    day = as_of or day_after_newest(shop)
    result = train(
        shop,
        day,
        _horizons(configuration, shop, day),
        settings.assignments,
        settings.data.attributes,
        settings.training.seed,
        tell,
    )
    registry = registry_of(configuration)
    version = record(result, shop, registry)
    champion = _champion(registry)
    if version == champion:
        registry.download_champion(model_folder(configuration))
    note_versions(model_folder(configuration), registry)
    return Trained(result.model, version, champion)


def backtest_shop(config: Path, as_of: date | None, most_dates: int, report: Path, tell: Tell) -> Backtest:
    """Tenure and its peers on past dates of the shop; writes the report and records the runs."""
    configuration = load_settings(config)
    shop = open_shop(configuration.settings.data, configuration.folder)
    settings = configuration.settings
    day = as_of or day_after_newest(shop)
    horizons = _horizons(configuration, shop, day)
    found = backtest(shop, day, horizons, settings.data.attributes, settings.training.seed, most_dates, tell)
    write_report(found, settings.mlflow.model_name, report)
    record_backtest(found, report, registry_of(configuration))
    return found


def score_shop(config: Path, as_of: date | None, scored_at: datetime, tell: Tell) -> Publication:
    """Score everybody with the champion and publish the batch."""
    configuration = load_settings(config)
    shop = open_shop(configuration.settings.data, configuration.folder)
    registry = registry_of(configuration)
    folder = model_folder(configuration)
    champion = registry.download_champion(folder)
    if champion is None:
        raise no_champion(registry)
    version, model = champion
    with ScoreStore(configuration.settings.store, configuration.folder, read_only=False) as store:
        return score(
            shop,
            observed(shop, as_of or day_after_newest(shop)),
            model,
            version,
            store,
            scored_at,
            folder.parent,
            lambda done, total: tell(done, total, ""),
            own_segments=configuration.settings.segments,
            steadiness=None if model.assignments is None else Steadiness.of(model.assignments),
            timeline_events=configuration.settings.serving.timeline_events,
            staging=_staging(configuration),
            workers=Workers(environment=asked(), prepare=collect_seldom),
        )


def _staging(configuration: Configuration) -> str | None:
    place = configuration.settings.data.staging
    return place if place is None or "://" in place else str((configuration.folder / place).resolve())


def promote_version(config: Path, version: int | None, force: bool, at: datetime, by: str) -> Decision:
    """Let a version answer, the newest where none is named, if it is not worse than the champion.

    `at` and `by` are when and who. Raises BusyError where another training, promotion or rollback is under way.
    """
    configuration = load_settings(config)
    registry = registry_of(configuration)
    with only_one(lock_of(configuration), "promote"):
        wanted = _known(registry, version)
        shop = open_shop(configuration.settings.data, configuration.folder)
        seed = configuration.settings.training.seed
        decision = promote(registry, wanted, shop, day_after_newest(shop), seed, force, at, by)
        if decision.promoted:
            registry.download_champion(model_folder(configuration))
        note_versions(model_folder(configuration), registry, decision.sentence, at)
    return decision


def _known(registry: Registry, version: int | None) -> str:
    known = registry.versions()
    if not known:
        raise ConfigurationError(f"{registry.model_name!r} has no version yet. Run `tenure train`.")
    wanted = known[0] if version is None else str(version)
    if wanted not in known:
        raise ConfigurationError(f"There is no version {wanted}; there are {', '.join(known)}.")
    return wanted


def export_scores(config: Path, out: Path, raw: bool, preset: str | None) -> int:
    """Write the published batch to a file; returns the number of customers."""
    configuration = load_settings(config)
    with ScoreStore(configuration.settings.store, configuration.folder, read_only=True) as store:
        return export(store, out, raw, preset)


def registry_of(configuration: Configuration) -> Registry:
    """The registry that the configuration names."""
    return Registry(configuration.tracking_uri, configuration.settings.mlflow.model_name)


def day_after_newest(shop: Shop) -> date:
    """The day after the newest event, the first on which everything that is there is known."""
    if shop.observed_until is not None:
        return shop.observed_until
    newest = shop.purchases.day.max().to_pyarrow().as_py()
    if shop.interactions is not None:
        newest = max(newest, shop.interactions.day.max().to_pyarrow().as_py() or newest)
    return date.fromisoformat(newest.isoformat()) + timedelta(days=1)


def _horizons(configuration: Configuration, shop: Shop, as_of: date) -> Horizons:
    observed(shop, as_of)
    return configuration.settings.horizons.resolve(propose_churn_window(shop.purchases, as_of))


def observed(shop: Shop, as_of: date) -> date:
    """The date, if contracts are known until then; raises ConfigurationError where they are not.

    After that day every contract would seem to run on unpaid.
    """
    if shop.observed_until is not None and as_of > shop.observed_until:
        raise ConfigurationError(
            f"--as-of {as_of}: contracts are observed until {shop.observed_until} only. Choose that day or an earlier "
            "one, or set [data] observed_until to the day of your export."
        )
    return as_of


def _champion(registry: Registry) -> str:
    version = registry.champion_version()
    if version is None:
        raise no_champion(registry)
    return version


def no_champion(registry: Registry) -> ConfigurationError:
    """What to say where nobody answers."""
    return ConfigurationError(
        f"There is no champion of {registry.model_name!r} in {registry.tracking_uri}. Run `tenure train`, "
        "or give a version the alias `champion` in MLflow."
    )


def model_folder(configuration: Configuration) -> Path:
    """Where the champion's files lie for the service."""
    return configuration.folder / configuration.settings.serving.model


def lock_of(configuration: Configuration) -> Path:
    """The file whose lock whoever changes the models holds: beside MLflow's SQLite store, where it is one."""
    name = f".{configuration.settings.mlflow.model_name}.working"
    prefix = "sqlite:///"
    if configuration.tracking_uri.startswith(prefix):
        return Path(configuration.tracking_uri.removeprefix(prefix)).parent / name
    return model_folder(configuration).parent / name
