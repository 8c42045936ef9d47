"""A customer's page: what is expected of them, why, how it came to be, and what they did."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from features.timeline import LATELY_DAYS
from models.scores import ANSWERS, ScoreColumn
from serving.api.ids import Id
from serving.api.lists import refuse_repeats
from serving.api.problems import Problem
from serving.desk import desk_of
from serving.page.advice import advise
from serving.page.language import Language
from serving.page.queries import OneCustomer, Plain
from serving.page.render import language_of, render, wording_of
from serving.page.wording import NONE, Wording, sentence_case
from serving.store.batches import PublishedBatch, Score

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_repeats)])

MONEY = ("clv", "clv_median", "clv_low", "clv_high", "value_at_risk", "historic_spend")
NAMED = {"risk_band": "band", "value_tier": "tier", "journey_stage": "stage", "rfm_segment": "segment"}


@router.get("/customers")
async def customer_by_query(request: Request, query: Annotated[OneCustomer, Query()]) -> Response:
    """The customer of any id whatever."""
    return await _page(request, query.id)


@router.get("/customers/{customer_id:path}")
async def customer(request: Request, customer_id: Id, query: Annotated[Plain, Query()]) -> Response:
    """The customer, by an id that a path can carry."""
    return await _page(request, customer_id)


@router.get("/customer")
async def old_address(query: Annotated[OneCustomer, Query()]) -> Response:
    """Where the page used to be."""
    return RedirectResponse("/customers?" + urlencode({"id": query.id}), 308)


async def _page(request: Request, customer_id: str) -> Response:
    desk = desk_of(request)
    answer = await desk.look_up(desk.store.customer, customer_id)
    if answer.score is None:
        raise Problem("unknown-customer", "The latest batch does not know this customer.")
    past = await desk.ask(desk.store.history, customer_id)
    timeline = await desk.ask(desk.store.timeline, customer_id)
    t = language_of(request)
    w = wording_of(request, t)
    return render(
        request,
        "customer.html",
        here="",
        batch=answer.batch,
        score=answer.score,
        advised=advise(answer.score, timeline.lately if timeline else {}),
        lately_days=LATELY_DAYS,
        past=[(batch, score) for batch, score in past if score["eligible"]],
        changes=segment_changes(past),
        timeline=timeline,
        facts=[
            (t(f"column.{column.name}"), _fact(answer.score[column.name], column, t, w))
            for column in ANSWERS
            if column.kind != "reasons" and column.name != "ineligible_reason"
        ],
        pictured=urlencode({"id": customer_id, "batch": answer.batch.sequence, "lang": t.code}),
    )


def segment_changes(past: Sequence[tuple[PublishedBatch, Score]]) -> list[tuple[PublishedBatch, str | None]]:
    """Each segment that the customer was in, with the first batch of the stay, newest first."""
    changes: list[tuple[PublishedBatch, str | None]] = []
    for batch, score in reversed(past):
        if not changes or changes[-1][1] != score["rfm_segment"]:
            changes.append((batch, score["rfm_segment"]))
    return changes[::-1]


def _fact(value: Any, column: ScoreColumn, t: Language, w: Wording) -> str:
    if value is None:
        return NONE
    if column.name in MONEY:
        return w.amount(value, 2)
    if column.name in NAMED:
        return sentence_case(t.called(NAMED[column.name], value))
    match column.kind:
        case "integer":
            return w.count(int(value))
        case "number" if column.name.endswith(("probability", "_alive")):
            return w.percent(value)
        case "number":
            return w.number(value, 1)
        case "date":
            return w.day(value)
        case "flag":
            return t("yes" if value else "no")
    return str(value)
