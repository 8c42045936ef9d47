"""What the pages may be asked: the API's own filters as a form sends them, and a language."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.api.ids import Id
from serving.api.lists import AtRiskQuery, PageQuery

Lang = Annotated[str, Field(max_length=20)]
"""One of serving.page.language.CODES; any other leaves the language as it was."""


def without_blanks(given: Any) -> Any:
    """A form's fields: one left blank asks nothing."""
    return {key: value for key, value in given.items() if value != ""}


class Plain(BaseModel):
    """A page that is asked nothing."""

    model_config = ConfigDict(extra="forbid")

    lang: Lang | None = None


class OneCustomer(Plain):
    """A customer's page by id, for ids that a path cannot carry."""

    id: Id


class MembersQuery(PageQuery):
    """A page of a segment's members."""

    lang: Lang | None = None


class TodayQuery(AtRiskQuery):
    """The page of today: filters, what a campaign may cost, and what has just been done."""

    lang: Lang | None = None
    said: Literal["contacted", "nobody", "unknown", "stale"] | None = None
    n: int = Field(0, ge=0, le=1_000_000)

    _blanks = model_validator(mode="before")(without_blanks)

    def asked(self) -> dict[str, Any]:
        """What was asked of the list, without the place in it and without what was said."""
        return self.model_dump(exclude_defaults=True, exclude={"cursor", "lang", "said", "n"})
