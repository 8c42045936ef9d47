"""The page of campaigns: what was sent, to whom, and what it earned against its control group."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from serving.api.lists import refuse_repeats
from serving.api.problems import Problem
from serving.csv_text import csv_text
from serving.desk import desk_of
from serving.page.queries import Plain
from serving.page.render import render
from serving.store.campaigns import Campaign

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_repeats)])

ARMS = ("customer_id", "arm", "contacted_at")


class CampaignsQuery(Plain):
    """The page, and what has just been done."""

    said: Literal["drawn"] | None = None


class OneCampaign(Plain):
    """Whose arms to download."""

    name: Annotated[str, Field(min_length=1, max_length=80)]


@router.get("/campaigns")
async def campaigns(request: Request, query: Annotated[CampaignsQuery, Query()]) -> Response:
    """Every campaign, newest first."""
    desk = desk_of(request)
    batch = await desk.ask(desk.store.latest_batch)
    if batch is None:
        raise Problem("no-scores", "No scores have been published yet.")
    found = await desk.ask(desk.book.campaigns)
    return render(
        request,
        "campaigns.html",
        here="/campaigns",
        batch=batch,
        campaigns=[(one, window_ends(one)) for one in found],
        said=query.said,
    )


@router.get("/campaigns.csv")
async def arms(request: Request, query: Annotated[OneCampaign, Query()]) -> Response:
    """Everybody in a campaign and the arm they are in, for a spreadsheet."""
    desk = desk_of(request)
    contacts = await desk.ask(desk.book.contacts_of, query.name)
    if not contacts:
        raise Problem("unknown-campaign", "There is no campaign of that name.")

    def rows() -> Iterator[list[dict[str, Any]]]:
        yield [{name: getattr(contact, name) for name in ARMS} for contact in contacts]

    headers = {"Content-Disposition": 'attachment; filename="campaign.csv"'}
    return StreamingResponse(
        csv_text(rows(), ARMS, raw=False), media_type="text/csv; charset=utf-8", headers=headers
    )


def window_ends(campaign: Campaign) -> date | None:
    """The day from which on it can be told what became of everybody contacted so far; None before the first."""
    if campaign.last_contact_at is None:
        return None
    return campaign.last_contact_at.date() + timedelta(days=campaign.churn_window_days + 1)
