"""Lists of customers: those at risk, the segments, and the members of a segment."""

from dataclasses import asdict
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from models.scores import NAMES
from models.segments import PROSPECTS, SegmentName
from serving.api.answers import Json, ListAnswer, SegmentsAnswer, headed
from serving.api.lists import AtRiskQuery, PageQuery, refuse_repeats, wants_csv
from serving.api.problems import Problem
from serving.csv_text import csv_text
from serving.desk import desk_of
from serving.store.batches import Page

router = APIRouter(prefix="/v1", tags=["Lists"], dependencies=[Depends(refuse_repeats)])

SEGMENTS = (*get_args(SegmentName), PROSPECTS)
CSV: dict[int | str, Any] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "/at-risk", response_model=ListAnswer, responses=CSV, summary="Customers by what their loss would cost"
)
async def at_risk(request: Request, query: Annotated[AtRiskQuery, Query()]) -> Response:
    """Customers with a score, highest value at risk first; a walk by cursor stays on one batch."""
    desk = desk_of(request)
    page = await desk.ask(desk.store.at_risk, query.filters(), query.limit, query.cursor, query.sort)
    return _told(request, query, page)


@router.get("/segments", response_model=SegmentsAnswer, summary="The segments, their sizes and their value")
async def segments(request: Request) -> Json:
    """The segments that have members, largest first."""
    desk = desk_of(request)
    found = await desk.ask(desk.store.segments)
    return Json(headed(found.batch, {"segments": [asdict(segment) for segment in found.segments]}))


@router.get(
    "/segments/{segment}/customers",
    response_model=ListAnswer,
    responses=CSV,
    summary="The customers of a segment",
)
async def members(request: Request, segment: str, query: Annotated[PageQuery, Query()]) -> Response:
    """All members, those without a score last; a walk by cursor stays on one batch."""
    if segment not in SEGMENTS:
        raise Problem("unknown-segment", "There is no segment of that name.")
    desk = desk_of(request)
    page = await desk.ask(desk.store.members, segment, query.limit, query.cursor, query.sort)
    return _told(request, query, page)


def _told(request: Request, query: PageQuery, page: Page) -> Response:
    headers = {}
    if page.next_cursor is not None:
        following = {**query.model_dump(exclude_none=True, exclude_defaults=True), "cursor": page.next_cursor}
        headers["Link"] = f'<{request.url.path}?{urlencode(following)}>; rel="next"'
    if wants_csv(request, query):
        headers["Content-Disposition"] = f'attachment; filename="customers-{page.batch.as_of}.csv"'
        text = "".join(csv_text([page.scores], NAMES, raw=False))
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    body = {"customers": page.scores, "next_cursor": page.next_cursor}
    return Json(headed(page.batch, body), headers=headers)
