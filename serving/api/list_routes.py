"""Lists of customers: those at risk, the segments, and the members of a segment."""

from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from models.scores import NAMES
from serving.api.answers import Json, headed
from serving.api.campaign_answers import AtRiskAnswer, tell_costs, tell_plan
from serving.api.list_answers import ListAnswer, SegmentsAnswer
from serving.api.lists import AtRiskQuery, MembersQuery, PageQuery, refuse_repeats, wants_csv
from serving.api.members import members_of
from serving.api.query_route import QueryRoute
from serving.csv_text import csv_text
from serving.decide.planner import PlanQuestion
from serving.desk import desk_of
from serving.store.batches import Page

router = APIRouter(prefix="/v1", tags=["Lists"], dependencies=[Depends(refuse_repeats)])

CSV: dict[int | str, Any] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


async def at_risk(request: Request, query: Annotated[AtRiskQuery, Query()]) -> Response:
    """Customers with a score, highest value at risk first; a walk by cursor stays on one batch.

    With costs or a `budget` it is the list that earns the most, in order of profit per cost: `plan` tells its
    size, cost, saves and profit, `sort` does not count, and a walk stays on one plan. Whoever was contacted
    lately is on neither (`rest_days` of [campaigns] in tenure.toml).
    """
    desk = desk_of(request)
    resting = desk.resting_since(request.app.state.clock())
    in_json = not wants_csv(request, query)
    limit, cursor = query.limit, query.cursor
    if not query.is_planned():
        asked = query.filters(), limit, cursor, query.sort, resting, in_json
        page = await desk.page(limit, desk.store.at_risk_at_hand, desk.store.at_risk, *asked)
        return _told(request, query, page)
    costs = query.costs(desk.settings.campaigns)
    question = PlanQuestion(query.filters(), costs, query.budget, resting, limit, cursor, in_json)
    planned = await desk.page(limit, desk.planner.page_at_hand, desk.planner.page, question)
    plan = {**tell_plan(planned.plan), "costs": tell_costs(costs), "budget": query.budget}
    return _told(request, query, Page(planned.batch, planned.scores, planned.next_cursor), plan)


router.add_api_route(
    "/at-risk",
    at_risk,
    methods=["GET"],
    response_model=AtRiskAnswer,
    responses=CSV,
    summary="Customers by what their loss would cost",
    route_class_override=QueryRoute,
)


@router.get("/segments", response_model=SegmentsAnswer, summary="The segments, their sizes and their value")
async def segments(request: Request) -> Json:
    """The RFM segments that have members, largest first, and those of the shop's own (`own`)."""
    desk = desk_of(request)
    found = await desk.ask(desk.store.segments)
    parts = {name: [asdict(segment) for segment in getattr(found, name)] for name in ("segments", "own")}
    return Json(headed(found.batch, parts))


@router.get(
    "/segments/{segment}/customers",
    response_model=ListAnswer,
    responses=CSV,
    summary="The customers of a segment",
)
async def members(request: Request, segment: str, query: Annotated[MembersQuery, Query()]) -> Response:
    """The members of an RFM segment or of one of the shop's own, those without a score last.

    A walk by cursor stays on one batch.
    """
    page = await members_of(desk_of(request), segment, query)
    return _told(request, query, page)


def _told(request: Request, query: PageQuery, page: Page, plan: dict[str, Any] | None = None) -> Response:
    headers = {}
    if page.next_cursor is not None:
        following = {**query.model_dump(exclude_none=True, exclude_defaults=True), "cursor": page.next_cursor}
        headers["Link"] = f'<{request.url.path}?{urlencode(following, doseq=True)}>; rel="next"'
    if wants_csv(request, query):
        headers["Content-Disposition"] = f'attachment; filename="customers-{page.batch.as_of}.csv"'
        text = "".join(csv_text([page.scores], NAMES, raw=False))
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    body: dict[str, Any] = {"customers": page.scores, "next_cursor": page.next_cursor}
    if plan is not None:
        body["plan"] = plan
    return Json(headed(page.batch, body), headers=headers)
