"""tenure.toml as a value: read once, checked whole, passed down."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from features.door.source import DataSettings
from features.errors import ConfigurationError
from models.assignments import AssignmentRules
from models.horizons import HorizonSettings
from serving.scoring.own_segments import OwnSegment, check_names
from serving.settings import CampaignSettings, ServingSettings, StoreSettings


class MlflowSettings(BaseModel):
    """Where runs and model versions are kept; a relative SQLite path is taken from tenure.toml's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tracking_uri: str = "sqlite:///mlruns/mlflow.db"
    model_name: str = Field(default="tenure", min_length=1, pattern=r"^[^/:]+$")


class TrainingSettings(BaseModel):
    """What makes a training repeatable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=0, ge=0, lt=2**31)


class MonitoringSettings(BaseModel):
    """How long `tenure monitor` waits before it asks for action."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stale_data_days: int = Field(default=7, ge=1, le=3650)
    retrain_after_days: int = Field(default=180, ge=1, le=3650)


class Settings(BaseModel):
    """Every section of tenure.toml; only `[data] purchases` has no default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataSettings
    horizons: HorizonSettings = HorizonSettings()
    mlflow: MlflowSettings = MlflowSettings()
    training: TrainingSettings = TrainingSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    store: StoreSettings = StoreSettings()
    serving: ServingSettings = ServingSettings()
    campaigns: CampaignSettings = CampaignSettings()
    assignments: AssignmentRules = AssignmentRules()
    segments: Annotated[tuple[OwnSegment, ...], AfterValidator(check_names)] = ()


@dataclass(frozen=True)
class Configuration:
    """The settings, and the folder that their relative paths start from."""

    settings: Settings
    path: Path

    @property
    def folder(self) -> Path:
        """The folder of tenure.toml."""
        return self.path.parent

    @property
    def tracking_uri(self) -> str:
        """MLflow's address, with a relative SQLite path made absolute."""
        return _anchor(self.settings.mlflow.tracking_uri, self.folder)


def load_settings(path: Path) -> Configuration:
    """Read `path`; raises ConfigurationError with one line per mistake: section, key and what is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path} does not exist. Name your configuration with --config, or see `tenure demo` for a working one."
        ) from None
    except (OSError, UnicodeDecodeError) as reason:
        raise ConfigurationError(f"{path} cannot be read: {reason}.") from None
    try:
        return Configuration(Settings.model_validate(tomllib.loads(text)), path.resolve())
    except tomllib.TOMLDecodeError as reason:
        raise ConfigurationError(f"{path} is not valid TOML: {reason}.") from None
    except ValidationError as mistakes:
        raise ConfigurationError(f"{path}:\n" + "\n".join(_sentences(mistakes))) from None


def _sentences(mistakes: ValidationError) -> list[str]:
    lines = []
    for mistake in mistakes.errors(include_url=False):
        place = [str(part) for part in mistake["loc"]]
        section, key = place[0], ".".join(place[1:])
        where = f"[{section}] {key}" if key else f"[{section}]"
        match mistake["type"]:
            case "extra_forbidden":
                lines.append(f"  {where}: there is no such setting.")
            case "missing":
                lines.append(f"  {where}: is missing.")
            case _:
                lines.append(f"  {where} = {mistake['input']!r}: {mistake['msg']}.")
    return lines


def _anchor(url: str, folder: Path) -> str:
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url.startswith(prefix + "/"):
        return url
    return prefix + str(folder / url.removeprefix(prefix))
