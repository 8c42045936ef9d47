"""What the pages may be asked: the API's own filters as a form sends them, and a language."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.profit import Costs
from serving.api.ids import Id
from serving.api.lists import AtRiskQuery, MembersQuery, Money
from serving.settings import CampaignSettings

Cost = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Lang = Annotated[str, Field(max_length=20)]
"""One of serving.page.language.CODES; any other leaves the language as it was."""


def without_blanks(given: Any) -> Any:
    """A form's fields: one left blank asks nothing."""
    return {key: value for key, value in given.items() if value != ""}


def pairs(asked: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What was asked as an address or a form says it again: a field with several values once for each."""
    return [
        (key, one) for key, value in asked.items() for one in (value if isinstance(value, list) else [value])
    ]


def given_by(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The other way round; of the fields only `attribute` may have several values."""
    given: dict[str, Any] = {}
    for key, value in fields:
        if key == "attribute":
            given.setdefault(key, []).append(value)
        else:
            given[key] = value
    return given


class Plain(BaseModel):
    """A page that is asked nothing."""

    model_config = ConfigDict(extra="forbid")

    lang: Lang | None = None


class OneCustomer(Plain):
    """A customer's page by id, for ids that a path cannot carry."""

    id: Id


class MembersPage(MembersQuery):
    """A page of a segment's members."""

    lang: Lang | None = None


class TodayQuery(AtRiskQuery):
    """The page of today: filters, what a campaign may cost, and what has just been done."""

    limit: int = Field(25, ge=1, le=1000)
    lang: Lang | None = None
    plan: Literal["yes"] | None = None
    budget: Money | None = None
    contact_cost: Cost | None = None
    offer_cost: Cost | None = None
    accept: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    start: int = Field(0, ge=0, le=1_000_000_000)
    said: (
        Literal["contacted", "nobody", "unknown", "stale", "name", "taken", "nobody_pays", "read_only"] | None
    ) = None
    n: int = Field(0, ge=0, le=1_000_000)

    _blanks = model_validator(mode="before")(without_blanks)

    def costs(self, usual: CampaignSettings) -> Costs:
        """What a contact and an offer cost, and how often the offer works; the usual where nothing is said."""
        return Costs(
            usual.contact_cost if self.contact_cost is None else self.contact_cost,
            usual.offer_cost if self.offer_cost is None else self.offer_cost,
            usual.accept_rate if self.accept is None else self.accept / 100,
        )

    def asked(self) -> dict[str, Any]:
        """What was asked of the list, without the place in it, and without what was said."""
        return self.model_dump(exclude_defaults=True, exclude={"cursor", "start", "lang", "said", "n"})
