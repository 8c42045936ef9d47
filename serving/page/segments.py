"""The page of segments: sizes and value, who moved, and the members of each."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from serving.api.lists import refuse_repeats
from serving.api.members import SEGMENTS, members_of
from serving.desk import desk_of
from serving.page.flows import flow_table
from serving.page.queries import MembersPage, Plain
from serving.page.render import render
from serving.page.today import CSV_ROWS, SHOWN, advised
from serving.page.wording import decimals_for

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_repeats)])


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
        own=found.own,
        dearest=max(found.segments, key=lambda segment: segment.value_at_risk, default=None),
        movement=movement,
        flows=flow_table(movement.flows) if movement else None,
    )


@router.get("/segments/{segment}")
async def members(request: Request, segment: str, query: Annotated[MembersPage, Query()]) -> Response:
    """The members of a segment, also of one of the shop's own, those without a score last."""
    page = await members_of(desk_of(request), segment, query)
    here = f"/segments/{segment}?"
    asked = query.model_dump(exclude_defaults=True, exclude={"cursor", "lang"})
    sheet = {**asked, "format": "csv", "limit": CSV_ROWS}
    return render(
        request,
        "members.html",
        here="/segments",
        batch=page.batch,
        segment=segment,
        is_own=segment not in SEGMENTS,
        query=query,
        scores=page.scores,
        advised=await advised(request, page),
        decimals=decimals_for([score[name] for score in page.scores for name in SHOWN]),
        first=here + urlencode(asked, doseq=True),
        following=here + urlencode({**asked, "cursor": page.next_cursor}, doseq=True)
        if page.next_cursor
        else None,
        csv=f"/v1/segments/{segment}/customers?" + urlencode(sheet, doseq=True),
    )
