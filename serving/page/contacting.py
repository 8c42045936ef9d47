"""What the page's forms do: mark customers as contacted, draw a campaign."""

import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from serving.api.campaign_routes import CampaignFilters, NewCampaign, draw
from serving.api.contact_routes import Contacts
from serving.api.form_tokens import is_from_here
from serving.api.ids import refusal
from serving.api.problems import Problem
from serving.desk import desk_of
from serving.page.queries import TodayQuery, given_by
from serving.page.today import FORM
from serving.store.contacts import Contact, Recorded

router = APIRouter(include_in_schema=False)

MOST = 100_000
MOST_FIELDS = 1_100
ONCE = re.compile(r"[0-9a-f]{32}")
REFUSED = {"campaign-exists": "taken", "unusable-input": "nobody_pays", "read-only": "read_only"}


@router.post("/contacts")
async def contact(request: Request) -> Response:
    """Record the customers that were ticked, and show the list without them."""
    fields = await _fields(request)
    given, ids = dict(fields), [value for key, value in fields if key == "customer"]
    once = given.get("once", "")
    if not ONCE.fullmatch(once) or not await _is_ours(request, given.get("token", "")):
        return _back("/", said="stale")
    if not ids:
        return _back("/", said="nobody")
    if any(refusal(customer_id) for customer_id in ids):
        return _back("/", said="unknown")
    campaign = given.get("campaign", "").strip() or None
    try:
        Contacts(campaign=campaign, contacts=[{"customer_id": ids[0]}])  # type: ignore[list-item]
    except ValidationError:
        return _back("/", said="name")
    now = request.app.state.clock()
    digest = hashlib.sha256(await request.body()).hexdigest()
    wanted = [Contact(customer_id, now) for customer_id in ids]
    desk = desk_of(request)
    try:
        recorded = await desk.ask(desk.book.record, wanted, campaign, f"page-{once}", digest, now, _count)
    except Problem as problem:
        if problem.kind.slug not in REFUSED:
            raise
        return _back("/", said=REFUSED[problem.kind.slug])
    return _back("/", said="contacted", n=int(recorded))


@router.post("/campaigns")
async def campaign(request: Request) -> Response:
    """Draw a campaign of the list that the page was sized to, some of it held back at random."""
    given = given_by(await _fields(request))
    if not await _is_ours(request, given.pop("token", "")):
        return _back("/", said="stale")
    name, held_back = given.pop("name", "").strip(), given.pop("held_back", "")
    try:
        query = TodayQuery.model_validate(given)
        asked = {key: getattr(query, key) for key in CampaignFilters.model_fields}
        body = NewCampaign(
            name=name,
            most=MOST,
            seed=None,
            filters=CampaignFilters(**{key: value for key, value in asked.items() if value is not None}),
            budget=query.budget or None,
            contact_cost=query.contact_cost,
            offer_cost=query.offer_cost,
            accept_rate=None if query.accept is None else query.accept / 100,
            control_share=float(held_back) / 100 if held_back else None,
        )
    except (ValidationError, ValueError):
        return _back("/", said="name")
    try:
        await draw(request, body)
    except Problem as problem:
        if problem.kind.slug not in REFUSED:
            raise
        return _back("/", said=REFUSED[problem.kind.slug])
    return _back("/campaigns", said="drawn")


async def _is_ours(request: Request, token: str) -> bool:
    desk = desk_of(request)
    return is_from_here(token, await desk.ask(desk.book.secret), FORM, request.app.state.clock())


def _count(recorded: list[Recorded]) -> str:
    return str(sum(one.refusal is None for one in recorded))


async def _fields(request: Request) -> list[tuple[str, str]]:
    """The form's fields; Problem 422 for a body that is none."""
    try:
        body = (await request.body()).decode()
        return parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Problem("unusable-input", "The form cannot be read.") from None


def _back(path: str, **said: Any) -> Response:
    """Another page, which says what was done; sent again by a reload, it does nothing again."""
    return RedirectResponse(f"{path}?{urlencode(said)}", 303)
