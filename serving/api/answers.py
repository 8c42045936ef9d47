"""What answers have in common, for the OpenAPI document; the scores' part follows the scores' contract."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from models.horizons import Horizons
from models.scores import COLUMNS, ScoreColumn
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


class IdProblem(BaseModel):
    """Why one id of many got no score."""

    type: str
    title: str
    detail: str


def tell_batch(batch: PublishedBatch) -> dict[str, Any]:
    """A batch as BatchAnswer."""
    return {
        "sequence": batch.sequence,
        "as_of": batch.as_of,
        "scored_at": batch.scored_at,
        "model_version": batch.model_version,
        "horizons": vars(batch.horizons),
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
