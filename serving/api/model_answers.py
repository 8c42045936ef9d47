"""The shape of answers about the model that answers."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from models.horizons import Horizons
from serving.api.evidence import EvidenceAnswer

Letter = Literal["A", "B", "C"]


class GradeAnswer(BaseModel):
    """How the model did on a past date that it had not seen; null where there was too little to tell."""

    churn: Letter | None = Field(description="A beats the best simple guess, B equals it, C does not")
    churn_sentence: str
    value: Letter | None
    value_sentence: str


class FeatureAnswer(BaseModel):
    """One column of the features that the model looks at."""

    name: str
    unit: str
    dtype: str
    family: str
    meaning: str
    sentence: str = Field(description="how it reads in a reason, with the customer's own numbers")
    otherwise: str = Field(description="the same where a number is missing")
    may_be_missing: bool


class ColumnAnswer(BaseModel):
    """One column of every score."""

    name: str
    kind: str
    may_be_empty: bool
    meaning: str


class ModelAnswer(BaseModel):
    """The model that scores history sent inline; `as_of` is the day it knows the past up to."""

    as_of: date
    model_version: str
    kind: Literal["learned", "btyd", "base_rate"]
    why: str = Field(description="why it is of that kind, with the numbers")
    horizons: Horizons
    timezone: str = Field(description="the shop's days begin at midnight there")
    grade: GradeAnswer | None
    metrics: dict[str, float]
    evidence: EvidenceAnswer | None = Field(description="null where no past date could be held out")
    features: list[FeatureAnswer]
    scores: list[ColumnAnswer]
