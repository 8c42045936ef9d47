"""The sections of tenure.toml that serving reads, and where a running service finds them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from features.errors import ConfigurationError
from serving.scoring.own_segments import OwnSegment, check_names

Locale = Literal["", "en", "ms", "id", "th"]
"""The languages of the page, and how they write numbers and dates."""


class StoreSettings(BaseModel):
    """The `[store]` of tenure.toml: where the scores are kept, and how many batches of them.

    A batch takes about as much room as its reasons do: near 1 KB a customer. The time limit holds for
    one question to PostgreSQL; publishing has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = "sqlite:///var/scores.db"
    keep_batches: Annotated[int, Field(ge=1, le=10_000)] = 12
    statement_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 2


class ServingSettings(BaseModel):
    """The `[serving]` of tenure.toml: what the HTTP service answers with, and what a request may cost it.

    `model` is the folder of the champion. Names in `allowed_hosts` are those under which the service is
    called ("*" allows all): on a machine of one's own, that a page elsewhere cannot pass for it. With `locale`
    set, numbers and dates are written its way whatever language a reader chose, and it is the first choice.
    So many of each customer's newest purchase days and interactions come to the store with each batch. Where
    `read_only`, contacts and campaigns are refused. The newest `keep_exports` of those asked for over HTTP stay in
    the folder `exports`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "var/model"
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    max_body_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 4_000_000
    max_seconds: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)] = 20.0
    stale_after_days: Annotated[int, Field(ge=1, le=3650)] = 7
    currency: Annotated[str, Field(max_length=8)] = ""
    read_only: bool = False
    locale: Locale = ""
    timeline_events: Annotated[int, Field(ge=0, le=365)] = 30
    exports: str = "var/exports"
    keep_exports: Annotated[int, Field(ge=1, le=1_000)] = 20


class CampaignSettings(BaseModel):
    """The `[campaigns]` of tenure.toml: what contacting costs and brings where a question does not say it.

    Money in shop currency. `accept_rate` is the share of would-be churners who take the offer and stay. Whoever was
    contacted, or held back, leaves the lists for `rest_days`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    contact_cost: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] = 1.0
    offer_cost: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] = 10.0
    accept_rate: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.3
    control_share: Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)] = 0.1
    rest_days: Annotated[int, Field(ge=0, le=3650)] = 30


@dataclass(frozen=True)
class ServiceSettings:
    """Everything a running service needs; the store's relative path starts at `store_folder`."""

    store: StoreSettings
    store_folder: Path
    model_folder: Path
    exports_folder: Path
    serving: ServingSettings
    campaigns: CampaignSettings
    segments: tuple[OwnSegment, ...] = ()


OWN_SEGMENTS: TypeAdapter[tuple[OwnSegment, ...]] = TypeAdapter(
    Annotated[tuple[OwnSegment, ...], AfterValidator(check_names)]
)
SECTIONS = {"StoreSettings": "[store]", "ServingSettings": "[serving]", "CampaignSettings": "[campaigns]"}


def load_service_settings(path: Path) -> ServiceSettings:
    """The settings of a service from tenure.toml; sections of other parts are left unread.

    Relative paths start at the file's folder. Raises ConfigurationError.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        store = StoreSettings.model_validate(given.get("store", {}))
        serving = ServingSettings.model_validate(given.get("serving", {}))
        campaigns = CampaignSettings.model_validate(given.get("campaigns", {}))
        segments = OWN_SEGMENTS.validate_python(given.get("segments", ()))
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path} does not exist. Start in the folder of tenure.toml, or name the file in TENURE_CONFIG."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        raise ConfigurationError(f"{path} cannot be read: {reason}.") from None
    except ValidationError as mistakes:
        first = mistakes.errors(include_url=False, include_input=False)[0]
        section = SECTIONS.get(mistakes.title, "[[segments]]")
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: {section} {where}: {first['msg']}.") from None
    folder = path.resolve().parent
    return ServiceSettings(
        store=store,
        store_folder=folder,
        model_folder=folder / serving.model,
        exports_folder=folder / serving.exports,
        serving=serving,
        campaigns=campaigns,
        segments=segments,
    )


def find_service_settings(
    folder: Path, environment: Mapping[str, str], built_in: Path | None
) -> ServiceSettings:
    """The settings of a service that was started without naming any: those of tenure.toml in `folder`.

    `TENURE_CONFIG` names another file, and `TENURE_STORE_URL` another store. A built bento brings its
    own tenure.toml and model; its store is that of the folder it was `built_in`, where that still exists.
    """
    named = environment.get("TENURE_CONFIG")
    settings = load_service_settings(Path(named) if named else folder / "tenure.toml")
    if not named and built_in is not None and built_in.is_dir():
        settings = replace(settings, store_folder=built_in)
    if url := environment.get("TENURE_STORE_URL"):
        settings = replace(settings, store=settings.store.model_copy(update={"url": url}))
    return settings
