"""What may be asked of a list: filters that combine, a sort, a page."""

import re
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from models.segments import SegmentName
from serving.api.costs import PlanQuery
from serving.api.problems import FieldError, Problem
from serving.store.filters import OWN_NAME
from serving.store.store import Filters, Sort

Money = Annotated[float, Field(ge=0, le=1e300, allow_inf_nan=False)]
Percentile = Annotated[int, Field(ge=1, le=100)]
AttributeIs = Annotated[str, StringConstraints(min_length=3, max_length=400, pattern=r"^[^:\x00]+:[^\x00]+$")]
OwnName = Annotated[str, StringConstraints(pattern=OWN_NAME)]
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
Days = Annotated[int, Field(ge=0, le=100_000)]
Segment = Literal[SegmentName, "PROSPECTS"]
Stage = Literal["awareness", "consideration", "purchase", "onboarding", "engagement", "advocacy", "retention"]
Cursor = Annotated[str, Field(min_length=1, max_length=20_000)]


def _day(given: object) -> object:
    """Only as ISO 8601 writes a day; other parsers also read a number as seconds since 1970."""
    try:
        if isinstance(given, str) and DAY.fullmatch(given):
            return date.fromisoformat(given)
    except ValueError:
        pass
    if given is None or isinstance(given, date):
        return given
    raise PydanticCustomError("day", "must be a date, such as 2026-09-01")


Day = Annotated[date, BeforeValidator(_day)]


class PageQuery(BaseModel):
    """How much of a list, from where, and in which form."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=1000, description="customers on a page")
    sort: Sort = Field(
        "value_at_risk", description="highest first, those without it last; ties by customer id"
    )
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before")
    format: Literal["json", "csv"] | None = Field(
        None, description="instead of the Accept header: json, or csv for a spreadsheet"
    )


class FilterQuery(BaseModel):
    """Filters that combine; what is not asked is not filtered. Minima and maxima are included."""

    band: Literal["low", "medium", "high"] | None = Field(None, description="risk band")
    tier: Literal["top", "high", "medium", "low"] | None = Field(None, description="value tier")
    stage: Stage | None = Field(None, description="journey stage")
    min_value: Money | None = Field(None, description="least value at risk, shop currency")
    max_value: Money | None = Field(None, description="most value at risk")
    min_clv: Money | None = Field(None, description="least expected spend in the CLV horizon")
    max_clv: Money | None = Field(None, description="most expected spend in the CLV horizon")
    min_percentile: Percentile | None = Field(None, description="least churn percentile")
    max_percentile: Percentile | None = Field(None, description="most churn percentile")
    min_days: Days | None = Field(None, description="least days since the last purchase")
    max_days: Days | None = Field(None, description="most days since the last purchase")

    not_contacted_since: Day | None = Field(
        None, description="nobody contacted, or held back, on or after this day (UTC)"
    )
    attribute: list[AttributeIs] = Field(
        [],
        max_length=10,
        description="`name:value` of an attribute of the shop's own, such as `country:MY`; may be repeated "
        "for other attributes, and all must hold",
    )

    @field_validator("attribute")
    @classmethod
    def _each_once(cls, given: list[str]) -> list[str]:
        names = [text.partition(":")[0] for text in given]
        if len(set(names)) < len(names):
            raise PydanticCustomError("attribute", "names the same attribute more than once")
        return given

    def filters(self) -> Filters:
        """The same as the store asks for it."""
        return Filters(
            risk_band=self.band,
            value_tier=self.tier,
            journey_stage=self.stage,
            min_value_at_risk=self.min_value,
            max_value_at_risk=self.max_value,
            min_clv=self.min_clv,
            max_clv=self.max_clv,
            min_churn_percentile=self.min_percentile,
            max_churn_percentile=self.max_percentile,
            min_days_since_last_purchase=self.min_days,
            max_days_since_last_purchase=self.max_days,
            not_contacted_since=self.not_contacted_since,
            attributes=tuple(
                sorted((name, value) for name, _, value in (text.partition(":") for text in self.attribute))
            ),
        )


class SegmentQuery(FilterQuery):
    """The same, and the segment."""

    segment: Segment | None = Field(None, description="RFM segment")
    own_segment: OwnName | None = Field(
        None, description="segment of the shop's own, of those that /v1/segments tells"
    )

    def filters(self) -> Filters:
        """The same as the store asks for it."""
        return replace(super().filters(), rfm_segment=self.segment, own_segment=self.own_segment)


class AtRiskQuery(PageQuery, SegmentQuery, PlanQuery):
    """A page of those with a score, filtered; sized by what contacting them earns where costs are given."""


class MembersQuery(PageQuery, FilterQuery):
    """A page of a segment's members, filtered."""


async def refuse_repeats(request: Request) -> None:
    """Raise Problem 422 for a query parameter that is given twice: which one counts is anybody's guess."""
    keys = [key for key, _ in request.query_params.multi_items() if key != "attribute"]
    for key in set(keys):
        if keys.count(key) > 1:
            shown = key if key.isascii() and key.isidentifier() and len(key) < 60 else "a parameter"
            reason = "is given more than once"
            raise Problem("unusable-input", f"query.{shown} {reason}", [FieldError(f"query.{shown}", reason)])


def wants_csv(request: Request, query: PageQuery) -> bool:
    """Whether the answer is for a spreadsheet: `format` decides, then the Accept header."""
    if query.format is not None:
        return query.format == "csv"
    accepted = request.headers.get("accept", "")
    return "text/csv" in accepted and "application/json" not in accepted
