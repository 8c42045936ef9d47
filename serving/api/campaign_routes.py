"""Campaigns over HTTP: drawn with a control group, listed with what they did."""

import hashlib
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from pydantic import ConfigDict, Field

from serving.api.answers import Json
from serving.api.campaign_answers import CampaignsAnswer, CampaignWithArms, tell_plan
from serving.api.contact_routes import CampaignName
from serving.api.costs import PlanQuery
from serving.api.lists import SegmentQuery
from serving.api.problems import FieldError, Problem
from serving.api.strict_json import StrictRoute
from serving.decide.arms import held_back
from serving.desk import Desk, desk_of
from serving.store.campaigns import Campaign
from serving.store.contacts import Contact

router = APIRouter(prefix="/v1", tags=["Campaigns"], route_class=StrictRoute)


class CampaignFilters(SegmentQuery):
    """The filters of the at-risk list."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewCampaign(PlanQuery):
    """Whom to draw, and how many of them to hold back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: CampaignName
    filters: CampaignFilters = Field(default_factory=lambda: CampaignFilters.model_validate({}))
    most: int = Field(10_000, ge=1, le=100_000, description="customers to draw at most, both arms together")
    control_share: float | None = Field(
        None,
        ge=0,
        le=0.9,
        allow_inf_nan=False,
        description="share held back at random; by default control_share of [campaigns] in tenure.toml",
    )
    seed: Annotated[str, Field(max_length=100, pattern=r"^[ -~]*$")] | None = Field(
        None, description="draws the same arms again wherever it is used; by default a secret of the store"
    )

    def digest(self) -> str:
        """Equal for equal campaigns, however they were written."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


@router.post("/campaigns", response_model=CampaignWithArms, summary="Draw a campaign with a control group")
async def draw(request: Request, body: NewCampaign) -> Json:
    """The list that earns the most under the budget, a share of it held back at random.

    Both arms leave the at-risk list for a while; contact the `treated` and leave the `control` alone, and
    `tenure lift` tells afterwards what contacting did. The budget is for those contacted. The same body again
    draws nothing anew and gets the same arms.
    """
    desk = desk_of(request)
    drawn = await desk.ask(desk.book.drawn_by, body.name)
    if drawn is None:
        if await desk.ask(desk.book.campaign, body.name) is not None:
            raise Problem("campaign-exists", "Contacts of a campaign of that name were reported already.")
        try:
            await desk.ask(_draw, desk, body, request.app.state.clock())
        except Problem as problem:
            raise problem.in_body() from None
    elif drawn["digest"] != body.digest():
        raise Problem("campaign-exists", "A campaign of that name was drawn with another body.")
    return await campaign(request, body.name)


@router.get("/campaigns", response_model=CampaignsAnswer, summary="Every campaign and what it did")
async def campaigns(request: Request) -> Json:
    """Newest first. `outcome` is there once `tenure lift` was run."""
    desk = desk_of(request)
    found = await desk.ask(desk.book.campaigns)
    return Json({"campaigns": [tell_campaign(each) for each in found]})


@router.get("/campaigns/{name}", response_model=CampaignWithArms, summary="One campaign and who is in it")
async def campaign(
    request: Request, name: Annotated[str, Path(description="the campaign's name", min_length=1)]
) -> Json:
    """Its arms, what it was expected to bring, and what it did."""
    desk = desk_of(request)
    found = await desk.ask(desk.book.campaign, name)
    if found is None:
        raise Problem("unknown-campaign", "There is no campaign of that name.")
    contacts = await desk.ask(desk.book.contacts_of, name)
    arms = {
        arm: [contact.customer_id for contact in contacts if contact.arm == arm]
        for arm in ("treated", "control")
    }
    return Json({**tell_campaign(found), "arms": arms})


def tell_campaign(campaign: Campaign) -> dict[str, Any]:
    """A campaign as CampaignAnswer."""
    told = asdict(campaign)
    if campaign.outcome is not None:
        told["outcome"] = {
            "measured_at": campaign.outcome.measured_at,
            "as_of": campaign.outcome.as_of,
            **campaign.outcome.result,
        }
    return told


def _draw(desk: Desk, body: NewCampaign, now: datetime) -> None:
    """Draw the arms and record them. Raises Problem where there is nobody to draw."""
    settings = desk.settings.campaigns
    costs = body.costs(settings)
    share = settings.control_share if body.control_share is None else body.control_share
    key = desk.book.secret() if body.seed is None else body.seed
    drawn = desk.planner.draw(
        body.filters.filters(),
        costs,
        body.budget,
        desk.resting_since(now),
        body.most,
        share,
        lambda ids: held_back(ids, body.name, share, key),
    )
    ids, control = drawn.customer_ids, drawn.control
    if not ids:
        reason = "leaves nobody whose contact pays at these costs, or whom the budget covers"
        raise Problem("unusable-input", f"This campaign {reason}.", [FieldError("body", reason)])
    campaign = Campaign(
        name=body.name,
        created_at=now,
        as_of=drawn.batch.as_of,
        model_version=drawn.batch.model_version,
        churn_window_days=drawn.batch.horizons.churn_window_days,
        margin=drawn.batch.horizons.margin,
        contact_cost=costs.contact_cost,
        offer_cost=costs.offer_cost,
        accept_rate=costs.accept_rate,
        budget=body.budget,
        control_share=share,
        treated=drawn.plan.size,
        control=len(control),
        first_contact_at=now,
        last_contact_at=now,
        plan=tell_plan(drawn.plan),
        outcome=None,
    )
    arms = [Contact(i, now, "control" if i in control else "treated") for i in ids]
    desk.book.draw(campaign, orjson.dumps({"digest": body.digest(), "plan": campaign.plan}).decode(), arms)
