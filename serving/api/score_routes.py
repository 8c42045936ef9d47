"""Scores for history sent with the request."""

from fastapi import APIRouter, Request

from serving.api.answers import Json
from serving.api.customer_answers import ScoredHistoryAnswer
from serving.api.history import MAX_CUSTOMERS, History
from serving.api.problems import FieldError, Problem
from serving.api.strict_json import StrictRoute
from serving.desk import desk_of
from serving.scoring.inline import score_history

router = APIRouter(prefix="/v1", tags=["Customers"], route_class=StrictRoute)


@router.post("/score", response_model=ScoredHistoryAnswer, summary="Scores for history sent inline")
async def score(request: Request, history: History) -> Json:
    """The same checks, features and model as for the shop's own tables; nothing sent is stored.

    One result per customer, in order of first appearance. A customer whose history holds no purchase before
    `as_of` gets a score that says so, or an error where there are interactions only.
    """
    customers = history.customer_ids()
    if len(customers) > MAX_CUSTOMERS:
        reason = f"names more than {MAX_CUSTOMERS:,} customers"
        raise Problem("unusable-input", f"The history {reason}.", [FieldError("body.purchases", reason)])
    desk = desk_of(request)
    champion = await desk.current_champion()
    known_until = champion.model.trained_as_of
    if history.as_of is None and (batch := await desk.ask(desk.store.latest_batch)) is not None:
        known_until = max(known_until, batch.as_of)
    scored = await desk.compute(score_history, history, champion, known_until)
    heading = {
        "as_of": scored.as_of,
        "scored_at": request.app.state.clock(),
        "model_version": champion.version,
    }
    nothing = Problem("no-purchase", f"No purchase before {scored.as_of}.").brief()
    results = []
    for customer_id in customers:
        answer = scored.answers.get(customer_id)
        if answer is None:
            results.append({"customer_id": customer_id, "error": nothing})
        else:
            score = {"customer_id": customer_id, **heading, **answer}
            results.append({"customer_id": customer_id, "score": score})
    return Json({**heading, "horizons": champion.model.horizons.model_dump(), "results": results})
