"""Scores of customers whose ids are known: one, or many at once."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, FailFast, Field, StrictStr
from starlette.responses import Response

from serving.api.answers import Json, headed
from serving.api.customer_answers import CustomerAnswer, PredictAnswer
from serving.api.etag import tagged
from serving.api.id_route import IdRoute
from serving.api.ids import Id, refusal
from serving.api.portrait import tell_customer
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


async def customer(request: Request, customer_id: Id) -> Response:
    """Score, history, and how reliable such answers were.

    The id is percent-encoded, slashes as they are or as %2F; one that a path cannot carry, such as `..`, goes
    to `/v1/customers?id=`. `If-None-Match` with the ETag of the last answer gets 304 while it still holds.
    """
    desk = desk_of(request)
    portrait = await desk.look_up(desk.store.portrait, customer_id)
    if portrait.score is None:
        raise Problem("unknown-customer", "The latest batch does not know this customer.")
    champion = await desk.champion_or_none()
    return tagged(request, Json(tell_customer(portrait, champion)))


router.add_api_route(
    "/customers/{customer_id:path}",
    customer,
    methods=["GET", "HEAD"],
    response_model=CustomerAnswer,
    summary="One customer's score",
    route_class_override=IdRoute,
)


@router.api_route(
    "/customers",
    methods=["GET", "HEAD"],
    response_model=CustomerAnswer,
    summary="One customer's score, by query",
)
async def customer_by_query(
    request: Request, customer_id: Annotated[Id, Query(alias="id", description="the customer's id")]
) -> Response:
    """The same answer as `/v1/customers/{customer_id}`, for any id whatever."""
    return await customer(request, customer_id)


@router.post("/predict", response_model=PredictAnswer, summary="The scores of up to 1,000 customers")
async def predict(request: Request, ids: Ids) -> Json:
    """Answers in the order of the ids; an unknown or unusable one gets an error and disturbs no other."""
    desk = desk_of(request)
    refusals = {customer_id: refusal(customer_id) for customer_id in ids.customer_ids}
    asked = [customer_id for customer_id, reason in refusals.items() if reason is None]
    answers = await desk.ask(desk.store.customers, asked, in_json=True)
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
