"""The shape of answers about customers, one or many; the scores' part follows the scores' contract."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from models.horizons import Horizons
from serving.api.answers import BatchAnswer, IdProblem, ScoreAnswer


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


class CustomerAnswer(ScoreAnswer):  # type: ignore[misc]
    """One customer's score, the batch it belongs to, and what puts it into perspective."""

    batch: BatchAnswer
    attributes: dict[str, str] = Field(description="[data] attributes of tenure.toml, as the shop gave them")
    own_segments: list[str] = Field(description="segments of the shop's own that the customer is in")
    history: list[PastScore] = Field(description="in the batches still kept, the oldest first, this one last")
    reliability: ReliabilityAnswer | None = Field(
        description="null without a score, where no past date could be held out, or before the service has "
        "the model that made the batch"
    )


class Result(BaseModel):
    """What became of one id: a score or an error, never both."""

    customer_id: str
    score: ScoreAnswer | None = None
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
