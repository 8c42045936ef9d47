"""Scores of customers whose ids are known: one, or many at once."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, FailFast, Field, StrictStr

from serving.api.answers import CustomerAnswer, Json, PredictAnswer, headed, tell_batch
from serving.api.ids import Id, refusal
from serving.api.problems import Problem
from serving.api.strict_json import StrictRoute
from serving.desk import desk_of

router = APIRouter(prefix="/v1", tags=["Customers"], route_class=StrictRoute)

MAX_IDS = 1_000


class Ids(BaseModel):
    """Whom to look up."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"customer_ids": ["C-1001", "C-1002"]}]}
    )

    customer_ids: Annotated[list[StrictStr], FailFast()] = Field(min_length=1, max_length=MAX_IDS)


@router.get("/customers/{customer_id:path}", response_model=CustomerAnswer, summary="One customer's score")
async def customer(request: Request, customer_id: Id) -> Json:
    """The id is percent-encoded, slashes as they are or as %2F.

    An id that a path cannot carry, such as `..`, goes to `/v1/customers?id=`.
    """
    desk = desk_of(request)
    answer = await desk.look_up(desk.store.customer, customer_id)
    if answer.score is None:
        raise Problem("unknown-customer", "The latest batch does not know this customer.")
    return Json({**answer.score, "batch": tell_batch(answer.batch)})


@router.get("/customers", response_model=CustomerAnswer, summary="One customer's score, by query")
async def customer_by_query(
    request: Request, customer_id: Annotated[Id, Query(alias="id", description="the customer's id")]
) -> Json:
    """The same answer as `/v1/customers/{customer_id}`, for any id whatever."""
    return await customer(request, customer_id)


@router.post("/predict", response_model=PredictAnswer, summary="The scores of up to 1,000 customers")
async def predict(request: Request, ids: Ids) -> Json:
    """Answers in the order of the ids; an unknown or unusable one gets an error and disturbs no other."""
    desk = desk_of(request)
    refusals = {customer_id: refusal(customer_id) for customer_id in ids.customer_ids}
    asked = [customer_id for customer_id, reason in refusals.items() if reason is None]
    answers = await desk.ask(desk.store.customers, asked)
    results = []
    for customer_id in ids.customer_ids:
        result: dict[str, Any] = {"customer_id": customer_id}
        if reason := refusals[customer_id]:
            result["error"] = Problem("unusable-input", f"The id {reason}.").brief()
        elif score := answers.scores.get(customer_id):
            result["score"] = score
        else:
            result["error"] = Problem(
                "unknown-customer", "The latest batch does not know this customer."
            ).brief()
        results.append(result)
    return Json(headed(answers.batch, {"results": results}))
