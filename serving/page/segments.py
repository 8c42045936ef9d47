"""The page of segments: sizes and value, who moved, and the members of each."""

from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from models.segments import PROSPECTS, SegmentName
from serving.api.lists import refuse_repeats
from serving.api.problems import Problem
from serving.desk import desk_of
from serving.page.flows import flow_table
from serving.page.queries import MembersPage, Plain
from serving.page.render import render
from serving.page.today import CSV_ROWS, SHOWN, advised
from serving.page.wording import decimals_for

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_repeats)])

SEGMENTS = (*get_args(SegmentName), PROSPECTS)


@router.get("/segments")
async def segments(request: Request, query: Annotated[Plain, Query()]) -> Response:
    """The segments, largest first, and who moved between them since the batch before."""
    desk = desk_of(request)
    found = await desk.ask(desk.store.segments)
    movement = await desk.ask(desk.store.movement, found.batch.sequence)
    return render(
        request,
        "segments.html",
        here="/segments",
        batch=found.batch,
        segments=found.segments,
        dearest=max(found.segments, key=lambda segment: segment.value_at_risk, default=None),
        movement=movement,
        flows=flow_table(movement.flows) if movement else None,
    )


@router.get("/segments/{segment}")
async def members(request: Request, segment: str, query: Annotated[MembersPage, Query()]) -> Response:
    """All members of a segment, those without a score last."""
    if segment not in SEGMENTS:
        raise Problem("unknown-segment", "There is no segment of that name.")
    desk = desk_of(request)
    page = await desk.ask(desk.store.members, segment, query.limit, query.cursor, query.sort)
    own = f"/segments/{segment}?"
    asked = query.model_dump(exclude_defaults=True, exclude={"cursor", "lang"})
    return render(
        request,
        "members.html",
        here="/segments",
        batch=page.batch,
        segment=segment,
        query=query,
        scores=page.scores,
        advised=await advised(request, page),
        decimals=decimals_for([score[name] for score in page.scores for name in SHOWN]),
        first=own + urlencode(asked),
        following=own + urlencode({**asked, "cursor": page.next_cursor}) if page.next_cursor else None,
        csv=f"/v1/segments/{segment}/customers?" + urlencode({"format": "csv", "limit": CSV_ROWS}),
    )
