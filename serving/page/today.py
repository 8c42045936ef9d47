"""The page of today: how much is at stake, what moved, whom to contact."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from serving.api.lists import refuse_repeats
from serving.desk import desk_of
from serving.page.advice import advise
from serving.page.queries import TodayQuery
from serving.page.render import language_of, render, wording_of
from serving.page.wording import decimals_for
from serving.store.batches import Page

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_repeats)])

CSV_ROWS = 1_000
SHOWN = ("value_at_risk", "clv")


@router.get("/")
async def today(request: Request, query: Annotated[TodayQuery, Query()]) -> Response:
    """The customers at risk, highest value at risk first, under what is at stake and how it moved."""
    desk = desk_of(request)
    page = await desk.ask(desk.store.at_risk, query.filters(), query.limit, query.cursor, query.sort)
    sequence = page.batch.sequence
    segments = (await desk.ask(desk.store.segments, sequence)).segments
    movement = await desk.ask(desk.store.movement, sequence)
    asked = query.asked()
    filters = {key: value for key, value in asked.items() if key != "limit"}
    return render(
        request,
        "today.html",
        here="/",
        batch=page.batch,
        query=query,
        scores=page.scores,
        advised=await advised(request, page),
        segments=sorted(segment.name for segment in segments),
        totals={
            "value_at_risk": sum(segment.value_at_risk for segment in segments),
            "clv": sum(segment.clv for segment in segments),
            "high": sum(segment.bands.get("high", 0) for segment in segments),
        },
        movement=movement,
        largest=max((abs(cause.change) for cause in movement.causes), default=0) or 1 if movement else 1,
        trend=await desk.ask(desk.store.value_at_risk_by_batch),
        filtered=bool(filters),
        said=_said(request, query),
        decimals=decimals_for([score[name] for score in page.scores for name in SHOWN]),
        first="/?" + urlencode(asked) + "#list",
        following="/?" + urlencode({**asked, "cursor": page.next_cursor}) + "#list" if page.next_cursor else None,
        csv="/v1/at-risk?" + urlencode({**filters, "format": "csv", "limit": CSV_ROWS}),
    )


async def advised(request: Request, page: Page) -> dict[str, Any]:
    """What to do about each customer of the page, by id."""
    desk = desk_of(request)
    lately = await desk.ask(desk.store.lately, [score["customer_id"] for score in page.scores])
    return {
        score["customer_id"]: advise(score, lately.get(score["customer_id"], {})) for score in page.scores
    }


def _said(request: Request, query: TodayQuery) -> dict[str, str] | None:
    if query.said is None:
        return None
    t = language_of(request)
    if query.said == "contacted":
        return {"kind": "good", "text": t.many("contact.done", query.n, n=wording_of(request, t).count(query.n))}
    return {"kind": "bad", "text": t(f"contact.{query.said}")}
