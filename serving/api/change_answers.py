"""The shape of the feed of changes."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from serving.api.answers import BatchAnswer


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
