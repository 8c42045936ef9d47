"""Contacts over HTTP: the CRM tells whom it has contacted."""

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, FailFast, Field, StrictStr
from starlette.responses import Response

from serving.api.campaign_answers import ContactsAnswer
from serving.api.ids import refusal
from serving.api.problems import Problem
from serving.api.strict_json import StrictRoute
from serving.desk import desk_of
from serving.store.contacts import Arm, Contact, Recorded, Refusal

router = APIRouter(prefix="/v1", tags=["Campaigns"], route_class=StrictRoute)

MOST_CONTACTS = 5_000
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(days=1)

CampaignName = Annotated[
    str,
    Field(
        strict=True,
        min_length=1,
        max_length=80,
        pattern=r"^[^\x00-\x20\x7f-\x9f./\\][^\x00-\x1f\x7f-\x9f/\\]*$",
        description="a name of one's own, up to 80 characters",
    ),
]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="one for each thing to record: sent again, it gets the same answer and nothing is counted twice",
    ),
]
REFUSALS: dict[Refusal, tuple[str, str]] = {
    "unknown-customer": ("unknown-customer", "The latest batch does not know this customer."),
    "objects": ("unusable-input", "This customer objects to profiling and must not be contacted."),
    "other-arm": ("unusable-input", "This customer is in the other arm of the campaign."),
    "no-campaign": ("unusable-input", "A control group belongs to a campaign; name it."),
}


class OneContact(BaseModel):
    """One customer who was contacted."""

    model_config = ConfigDict(extra="forbid", strict=True)

    customer_id: StrictStr
    contacted_at: Annotated[StrictStr, Field(max_length=40)] | None = Field(
        None, description="ISO 8601; without a zone it is UTC; by default now"
    )
    arm: Arm = Field("treated", description="`control` for a customer who was held back from the campaign")


class Contacts(BaseModel):
    """Who was contacted, and in which campaign."""

    model_config = ConfigDict(extra="forbid", strict=True)

    campaign: CampaignName | None = None
    contacts: Annotated[list[OneContact], FailFast()] = Field(min_length=1, max_length=MOST_CONTACTS)


@router.post("/contacts", response_model=ContactsAnswer, summary="Record up to 5,000 contacts")
async def record(request: Request, key: Key, body: Contacts) -> Response:
    """Whoever is recorded leaves the at-risk list for a while (`rest_days` of [campaigns] in tenure.toml).

    A customer is in a campaign once: a second contact there is `known` and changes nothing. An id that is
    unknown or objects to profiling is refused by itself and disturbs no other.
    """
    desk = desk_of(request)
    now: datetime = request.app.state.clock()
    digest = hashlib.sha256(await request.body()).hexdigest()
    read = [_read(contact, now) for contact in body.contacts]
    usable = [contact for contact in read if isinstance(contact, Contact)]

    def tell(recorded: list[Recorded]) -> str:
        answers = iter(recorded)
        results = [
            _told(next(answers)) if isinstance(contact, Contact) else _refused(given.customer_id, contact)
            for given, contact in zip(body.contacts, read, strict=True)
        ]
        counts = Counter(result["status"] for result in results)
        told = {name: counts[name] for name in ("recorded", "known", "refused")}
        return orjson.dumps({"campaign": body.campaign, **told, "results": results}).decode()

    answer = await desk.ask(desk.book.record, usable, body.campaign, key, digest, now, tell)
    return Response(answer, media_type="application/json")


def _read(given: OneContact, now: datetime) -> Contact | Problem:
    """The contact, or why it is none."""
    if reason := refusal(given.customer_id):
        return Problem("unusable-input", f"The id {reason}.")
    try:
        at = now if given.contacted_at is None else datetime.fromisoformat(given.contacted_at)
        at = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return Problem("unusable-input", "contacted_at is not ISO 8601, such as 2026-05-09T10:12:00Z.")
    if not EARLIEST <= at <= now + CLOCKS_DIFFER:
        return Problem("unusable-input", "contacted_at lies in the future, or before 1970.")
    return Contact(given.customer_id, at, given.arm)


def _told(recorded: Recorded) -> dict[str, Any]:
    if recorded.refusal is not None:
        return _refused(recorded.customer_id, Problem(*REFUSALS[recorded.refusal]))
    return {"customer_id": recorded.customer_id, "status": "recorded" if recorded.is_new else "known"}


def _refused(customer_id: str, problem: Problem) -> dict[str, Any]:
    return {"customer_id": customer_id, "status": "refused", "error": problem.brief()}
