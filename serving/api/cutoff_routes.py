"""The cut-off simulator over HTTP."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ConfigDict, Field

from models.empc import PAPER
from serving.api.answers import Json, headed
from serving.api.campaign_answers import CutoffsAnswer, tell_costs
from serving.api.costs import CostQuery
from serving.api.lists import SegmentQuery, refuse_repeats
from serving.decide.cutoffs import most_profitable
from serving.desk import desk_of

router = APIRouter(prefix="/v1", tags=["Campaigns"], dependencies=[Depends(refuse_repeats)])


class CutoffsQuery(SegmentQuery, CostQuery):
    """Of whom, at what costs, and how many sizes."""

    model_config = ConfigDict(extra="forbid")

    points: int = Field(51, ge=2, le=201, description="sizes to try, evenly apart; the best is added")


@router.get("/cutoffs", response_model=CutoffsAnswer, summary="What lists of every size reach, cost and earn")
async def cutoffs(request: Request, query: Annotated[CutoffsQuery, Query()]) -> Json:
    """Customers come by expected profit, highest first; those contacted lately are left out.

    `expected_empc` is the measure of Verbraken et al. (2013) with the paper's campaign, one value for every
    customer, so that shops can be compared; the rest uses each customer's own value.
    """
    desk = desk_of(request)
    costs = query.costs(desk.settings.campaigns)
    resting = desk.resting_since(request.app.state.clock())
    found = await desk.ask(desk.planner.cutoffs, query.filters(), costs, resting, query.points)
    body = {
        "customers": found.customers,
        "costs": tell_costs(costs),
        "cutoffs": [asdict(cutoff) for cutoff in found.cutoffs],
        "best": asdict(most_profitable(found.cutoffs)),
        "expected_empc": {**asdict(found.expected_empc), **asdict(PAPER)},
    }
    return Json(headed(found.batch, body))
