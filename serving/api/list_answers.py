"""The shape of lists and segments."""

from datetime import date

from pydantic import BaseModel, Field

from serving.api.answers import BatchAnswer, ScoreAnswer


class ListAnswer(BaseModel):
    """One page of a list. `next_cursor` asks for the next page and is null on the last."""

    as_of: date
    model_version: str
    batch: BatchAnswer
    customers: list[ScoreAnswer]
    next_cursor: str | None


class SegmentAnswer(BaseModel):
    """One segment. Money in shop currency; `churn_probability` is the mean over those with a score."""

    name: str
    customers: int
    scored: int
    clv: float
    value_at_risk: float
    churn_probability: float | None
    bands: dict[str, int] = Field(description="customers by risk band")


class OwnSegmentAnswer(SegmentAnswer):
    """A segment of the shop's own; a customer may be in several of them, or in none."""

    rule: str = Field(description="who is in it, as tenure.toml says")


class SegmentsAnswer(BaseModel):
    """The segments that have members, largest first; the shop's own in the order of tenure.toml."""

    as_of: date
    model_version: str
    batch: BatchAnswer
    segments: list[SegmentAnswer]
    own: list[OwnSegmentAnswer]
