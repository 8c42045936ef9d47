"""The shape of every answer, for the OpenAPI document; the scores' part follows the scores' contract."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import orjson
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from models.horizons import Horizons
from models.scores import COLUMNS, ScoreColumn
from serving.api.evidence import EvidenceAnswer
from serving.store.batches import PublishedBatch


class Json(Response):
    """A JSON answer: numbers that are not finite become null, times keep their zone."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content as bytes."""
        return orjson.dumps(content)


class Reason(BaseModel):
    """One reason for a risk, in words; at most five come with a score, the weightiest first."""

    feature: str = Field(description="column of the feature catalogue")
    value: float | str | None = Field(description="the customer's own value of it")
    direction: str = Field(description="whether it raises or lowers the risk")
    importance: str = Field(description="how much it weighs: low, medium or high")
    text: str = Field(description="the reason as a person would say it")


class BatchAnswer(BaseModel):
    """The batch that answers: one scoring of all customers, published whole."""

    sequence: int
    as_of: date
    scored_at: datetime
    model_version: str
    horizons: Horizons
    customers: int
    eligible: int


_TYPES: dict[str, Any] = {
    "text": str,
    "integer": int,
    "number": float,
    "flag": bool,
    "date": date,
    "time": datetime,
    "reasons": list[Reason],
}


def _field(column: ScoreColumn) -> Any:
    # Customers who objected to profiling keep a row without a segment or a stage.
    empty = column.may_be_empty or column.name in ("rfm_segment", "journey_stage")
    kind = _TYPES[column.kind]
    return (kind | None if empty else kind, Field(description=column.meaning))


ScoreAnswer = create_model(
    "Score",
    __doc__="One customer's score: the same columns as in every export.",
    **{column.name: _field(column) for column in COLUMNS},
)


class PastScore(BaseModel):
    """One customer in one of the batches kept."""

    as_of: date
    batch: int = Field(description="its sequence")
    model_version: str
    eligible: bool
    churn_probability: float | None
    risk_band: str | None
    clv: float | None
    clv_low: float | None
    clv_high: float | None
    value_at_risk: float | None
    rfm_segment: str | None
    value_tier: str | None
    journey_stage: str | None


class ReliabilityAnswer(BaseModel):
    """How answers like this one did on a past date that the model had not seen."""

    sentence: str
    low: float
    high: float
    customers: int = Field(description="customers whose churn probability was in [low, high) then")
    churned: int = Field(description="how many of them did not return")
    share: float = Field(description="churned / customers")
    mean_probability: float


class CustomerAnswer(ScoreAnswer):  # type: ignore[misc, valid-type]
    """One customer's score, the batch it belongs to, and what puts it into perspective."""

    batch: BatchAnswer
    attributes: dict[str, str] = Field(description="[data] attributes of tenure.toml, as the shop gave them")
    own_segments: list[str] = Field(description="segments of the shop's own that the customer is in")
    history: list[PastScore] = Field(description="in the batches still kept, the oldest first, this one last")
    reliability: ReliabilityAnswer | None = Field(
        description="null without a score, where no past date could be held out, or before the service has "
        "the model that made the batch"
    )


class IdProblem(BaseModel):
    """Why one id of many got no score."""

    type: str
    title: str
    detail: str


class Result(BaseModel):
    """What became of one id: a score or an error, never both."""

    customer_id: str
    score: ScoreAnswer | None = None  # type: ignore[valid-type]
    error: IdProblem | None = None


class PredictAnswer(BaseModel):
    """One result per id, in the order of the request."""

    as_of: date
    model_version: str
    batch: BatchAnswer
    results: list[Result]


class ScoredHistoryAnswer(BaseModel):
    """One result per customer of the history sent, in order of first appearance."""

    as_of: date
    scored_at: datetime
    model_version: str
    horizons: Horizons
    results: list[Result]


class ListAnswer(BaseModel):
    """One page of a list. `next_cursor` asks for the next page and is null on the last."""

    as_of: date
    model_version: str
    batch: BatchAnswer
    customers: list[ScoreAnswer]  # type: ignore[valid-type]
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


class ChangeSide(BaseModel):
    """What a customer was before a batch, or is after it."""

    risk_band: str | None
    rfm_segment: str | None
    value_tier: str | None
    journey_stage: str | None
    churn_probability: float | None
    clv: float | None
    value_at_risk: float | None


class ChangeAnswer(BaseModel):
    """One customer whom one batch changed."""

    customer_id: str
    kind: Literal["added", "changed", "removed"]
    batch: int = Field(description="the sequence of the batch")
    as_of: date
    reason: Literal["new_data", "new_model", "start"]
    before: ChangeSide | None = Field(description="null for the added")
    after: ChangeSide | None = Field(description="null for the removed")
    entered: list[str] = Field(description="segments of the shop's own that the customer is in now")
    exited: list[str] = Field(description="and those that they are in no longer")


class FedBatchAnswer(BaseModel):
    """A batch among those that the answer covers; the counts are of moves of any size that is noted."""

    sequence: int
    as_of: date
    model_version: str
    reason: Literal["first", "new_data", "new_model"]
    added: int
    changed: int
    removed: int
    left_out: int = Field(
        description="customers changed by a new model and not told; see include_model_changes"
    )


class ChangesAnswer(BaseModel):
    """Changes in the order of batches, within one by customer id. Keep `next_cursor` for the next call."""

    as_of: date
    model_version: str
    batch: BatchAnswer
    batches: list[FedBatchAnswer]
    changes: list[ChangeAnswer]
    next_cursor: str
    has_more: bool


class ExportAnswer(BaseModel):
    """An export's manifest; what is not known before it is done, or never will be, is null."""

    id: str
    status: Literal["waiting", "running", "done", "failed"]
    requested_at: datetime
    finished_at: datetime | None
    format: Literal["csv", "ndjson", "parquet"]
    preset: Literal["hubspot", "salesforce"] | None
    raw: bool
    error: str | None = Field(description="why it failed")
    file: str | None = Field(description="where to fetch it")
    as_of: date | None
    scored_at: datetime | None
    model_version: str | None
    batch: int | None = Field(description="the sequence of the batch")
    columns: list[str] | None
    rows: int | None
    bytes: int | None
    sha256: str | None


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


class AliveAnswer(BaseModel):
    """The process answers."""

    status: Literal["alive"]


class ReadyAnswer(BaseModel):
    """Scores and a model are served."""

    status: Literal["ready"]
    as_of: date
    model_version: str


def tell_batch(batch: PublishedBatch) -> dict[str, Any]:
    """A batch as BatchAnswer."""
    return {
        "sequence": batch.sequence,
        "as_of": batch.as_of,
        "scored_at": batch.scored_at,
        "model_version": batch.model_version,
        "horizons": batch.horizons.model_dump(),
        "customers": batch.customers,
        "eligible": batch.eligible,
    }


def headed(batch: PublishedBatch, body: Mapping[str, Any]) -> dict[str, Any]:
    """`body` under the date and the model version that it answers for."""
    return {
        "as_of": batch.as_of,
        "model_version": batch.model_version,
        "batch": tell_batch(batch),
        **body,
    }
