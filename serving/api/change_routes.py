"""The feed of changes: who came, who went, who moved since a cursor."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from serving.api.answers import Json, headed
from serving.api.change_answers import ChangesAnswer
from serving.api.lists import Cursor, refuse_repeats
from serving.api.problems import Problem
from serving.desk import desk_of
from serving.store.feed import Wanted

router = APIRouter(prefix="/v1", tags=["Changes"], dependencies=[Depends(refuse_repeats)])

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class ChangesQuery(BaseModel):
    """Since when, how many, and how large a move counts as a change."""

    model_config = ConfigDict(extra="forbid")

    since: Cursor | None = Field(
        None, description="`next_cursor` of the last call; without it nothing is told"
    )
    limit: int = Field(500, ge=1, le=1000, description="changes in one answer")
    churn_probability_move: Share = Field(
        0.1, description="a move of churn_probability by so much is a change; below 0.01 none is"
    )
    clv_move: Share = Field(
        0.25,
        description="a move of clv by this share of the larger of before and after is a change; below 0.05 none is",
    )
    include_model_changes: bool = Field(
        False,
        description="also tell who changed because another model version answers: often nearly everybody",
    )


@router.get("/changes", response_model=ChangesAnswer, summary="What changed since a cursor")
async def changes(request: Request, query: Annotated[ChangesQuery, Query()]) -> Json:
    """Customers added, removed, or changed in band, segment, tier, stage, own segments, or by a large move.

    Without `since`, nothing is told but the cursor to begin from; since `start`, everybody as added, and then
    what changes. `next_cursor` is always given: ask again at once while `has_more`, else after the next
    `tenure score`. Where a new model version answers,
    `batches` says so and how many it moved (`left_out`); they are told with `include_model_changes`.
    """
    desk = desk_of(request)
    wanted = Wanted(query.churn_probability_move, query.clv_move, query.include_model_changes)
    try:
        feed = await desk.ask(desk.store.changes, query.since, query.limit, wanted)
    except Problem as problem:
        raise problem.of_field("query.since") from None
    body = asdict(feed)
    return Json(
        headed(feed.batch, {key: body[key] for key in ("batches", "changes", "next_cursor", "has_more")})
    )
