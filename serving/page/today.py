"""The page of today: how much is at stake, what moved, whom to contact."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from models.scores import NAMES
from serving.api.form_tokens import form_token
from serving.api.lists import SegmentQuery, refuse_repeats
from serving.csv_text import csv_text
from serving.desk import Desk, desk_of, in_thread
from serving.page.advice import advise
from serving.page.planning import Budgeted, spend
from serving.page.queries import TodayQuery, pairs
from serving.page.render import language_of, render, wording_of
from serving.page.wording import decimals_for
from serving.store.batches import Page, Score
from serving.store.candidates import Candidates

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_repeats)])

CSV_ROWS = 1_000
FORM = "page"
"""What the page's forms are called in their tokens."""
FILTERS = tuple(SegmentQuery.model_fields)
PLAN = ("plan", "budget", "contact_cost", "offer_cost", "accept")
SHOWN = ("value_at_risk", "clv")


@router.get("/")
async def today(request: Request, query: Annotated[TodayQuery, Query()]) -> Response:
    """The customers at risk, highest value at risk first, under what is at stake and how it moved."""
    desk = desk_of(request)
    _, budgeted = await plan_of_today(request, query)
    page, following = await _listed(desk, query, budgeted, desk.resting_since(request.app.state.clock()))
    sequence = page.batch.sequence
    found = await desk.ask(desk.store.segments, sequence)
    segments = found.segments
    movement = await desk.ask(desk.store.movement, sequence)
    asked = query.asked()
    filters = {key: value for key, value in asked.items() if key in FILTERS}
    planned = {key: value for key, value in asked.items() if key in PLAN}
    secret = await desk.ask(desk.book.secret)
    return render(
        request,
        "today.html",
        token=form_token(secret, FORM, request.app.state.clock()),
        once=secrets.token_hex(16),
        here="/",
        batch=page.batch,
        query=query,
        scores=page.scores,
        advised=await advised(request, page),
        segments=sorted(segment.name for segment in segments),
        own_segments=[segment.name for segment in found.own],
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
        budgeted=budgeted,
        costs=query.costs(desk.settings.campaigns),
        control_share=desk.settings.campaigns.control_share,
        kept=pairs({key: value for key, value in asked.items() if key not in PLAN}),
        planned=pairs(planned if query.plan else {}),
        unplanned="/?" + urlencode(pairs(filters)) + "#plan",
        pictured=urlencode(
            pairs({**filters, **planned, "batch": sequence, "lang": language_of(request).code})
        ),
        decimals=decimals_for([score[name] for score in page.scores for name in SHOWN]),
        first="/?" + urlencode(pairs(asked)) + "#list",
        following="/?" + urlencode(pairs(asked | following)) + "#list" if following else None,
        csv="/list.csv?" + urlencode(pairs({key: value for key, value in asked.items() if key != "limit"})),
    )


@router.get("/list.csv")
async def list_csv(request: Request, query: Annotated[TodayQuery, Query()]) -> Response:
    """Everybody on the list that the page shows a part of, for a spreadsheet."""
    desk = desk_of(request)
    given, budgeted = await plan_of_today(request, query)
    chosen = budgeted.customer_ids
    if not query.plan:
        chosen = given.ids.take(np.argsort(-given.value_at_risk, kind="stable")).to_pylist()

    def pieces() -> Iterator[list[Score]]:
        for start in range(0, len(chosen), CSV_ROWS):
            some = chosen[start : start + CSV_ROWS]
            scores = desk.store.customers(some).scores
            yield [scores[customer_id] for customer_id in some if customer_id in scores]

    named = f'attachment; filename="customers-{given.batch.as_of}.csv"'
    return StreamingResponse(
        csv_text(pieces(), NAMES, raw=False),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": named},
    )


async def plan_of_today(request: Request, query: TodayQuery) -> tuple[Candidates, Budgeted]:
    """Those that the filters leave and who were not contacted of late, and whom of them to contact."""
    desk = desk_of(request)
    resting_since = desk.resting_since(request.app.state.clock())
    given = await desk.ask(desk.planner.candidates, query.filters(), resting_since)
    costs = query.costs(desk.settings.campaigns)
    return given, await in_thread(lambda: spend(given, costs, query.budget))


async def _listed(
    desk: Desk, query: TodayQuery, budgeted: Budgeted, resting_since: datetime | None
) -> tuple[Page, dict[str, Any]]:
    """The part of the list to show, and what asks for the part after it."""
    if not query.plan:
        page = await desk.ask(
            desk.store.at_risk, query.filters(), query.limit, query.cursor, query.sort, resting_since
        )
        return page, {"cursor": page.next_cursor} if page.next_cursor else {}
    end = query.start + query.limit
    chosen = budgeted.customer_ids[query.start : end]
    found = await desk.ask(desk.store.customers, chosen)
    scores = [found.scores[customer_id] for customer_id in chosen if customer_id in found.scores]
    return Page(found.batch, scores, None), {"start": end} if end < len(budgeted.customer_ids) else {}


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
        return {
            "kind": "good",
            "text": t.many("contact.done", query.n, n=wording_of(request, t).count(query.n)),
        }
    return {"kind": "bad", "text": t(f"contact.{query.said}")}
