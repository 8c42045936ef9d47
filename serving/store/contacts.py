"""Contacts: who was contacted, when, in which campaign and which arm; each is recorded once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from serving.store.rows import LATEST
from serving.store.schema import batches, campaigns, contacts, scores

Arm = Literal["treated", "control"]
Refusal = Literal["unknown-customer", "objects", "other-arm", "no-campaign"]

IDS_AT_ONCE = 5_000
ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Contact:
    """One customer, contacted at a moment with its zone; who is held back is in the control arm."""

    customer_id: str
    contacted_at: datetime
    arm: Arm = "treated"


@dataclass(frozen=True)
class Recorded:
    """What became of one contact: new, known already, or refused, and why."""

    customer_id: str
    is_new: bool
    refusal: Refusal | None = None


def record(
    connection: sa.Connection, wanted: Sequence[Contact], campaign: str | None, now: datetime
) -> list[Recorded]:
    """Record what is not known yet; one answer for each of `wanted`, in order.

    A customer is in a campaign once, in one arm: a second contact there changes nothing. Outside of campaigns
    the same customer at the same moment is the same contact. A campaign that is new begins with its first
    contact. Customers whom the served batch does not know, and those who object to profiling, are refused.
    """
    ids = list(dict.fromkeys(contact.customer_id for contact in wanted))
    objects = _objections(connection, ids)
    known = _known(connection, ids, campaign)
    told, fresh = [], []
    for contact in wanted:
        place = contact.customer_id if campaign is not None else (contact.customer_id, contact.contacted_at)
        refusal: Refusal | None = None
        if contact.customer_id not in objects:
            refusal = "unknown-customer"
        elif objects[contact.customer_id]:
            refusal = "objects"
        elif contact.arm == "control" and campaign is None:
            refusal = "no-campaign"
        elif known.get(place, contact.arm) != contact.arm:
            refusal = "other-arm"
        is_new = refusal is None and place not in known
        if is_new:
            known[place] = contact.arm
            fresh.append(contact)
        told.append(Recorded(contact.customer_id, is_new, refusal))
    if fresh and campaign is not None:
        _begin(connection, campaign, now)
    insert(connection, fresh, campaign)
    return told


def insert(connection: sa.Connection, fresh: Iterable[Contact], campaign: str | None) -> None:
    """Write contacts that are known to be new."""
    rows = [
        {
            "customer_id": contact.customer_id,
            "contacted_at": contact.contacted_at,
            "campaign": campaign,
            "arm": contact.arm,
        }
        for contact in fresh
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(contacts.insert(), rows[start : start + ROWS_AT_ONCE])


def _objections(connection: sa.Connection, ids: Sequence[str]) -> dict[str, bool]:
    """Whether each of `ids` that the served batch knows objects to profiling: then it has no segment."""
    found: dict[str, bool] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        rows = connection.execute(
            sa.select(scores.c.customer_id, scores.c.rfm_segment).where(
                scores.c.batch == LATEST, scores.c.customer_id.in_(ids[start : start + IDS_AT_ONCE])
            )
        )
        found |= {row.customer_id: row.rfm_segment is None for row in rows}
    return found


def _known(connection: sa.Connection, ids: Sequence[str], campaign: str | None) -> dict[object, str]:
    """The arm of each contact recorded already; by customer in a campaign, else by customer and moment."""
    found: dict[object, str] = {}
    here = contacts.c.campaign.is_(None) if campaign is None else contacts.c.campaign == campaign
    for start in range(0, len(ids), IDS_AT_ONCE):
        for row in connection.execute(
            sa.select(contacts).where(here, contacts.c.customer_id.in_(ids[start : start + IDS_AT_ONCE]))
        ):
            place = row.customer_id if campaign is not None else (row.customer_id, row.contacted_at)
            found[place] = row.arm
    return found


def _begin(connection: sa.Connection, name: str, now: datetime) -> None:
    """Make the campaign if nobody has drawn or reported it yet; windows and margin are the served batch's."""
    if connection.scalar(sa.select(campaigns.c.name).where(campaigns.c.name == name)) is None:
        batch = connection.execute(sa.select(batches).where(batches.c.sequence == LATEST)).one()
        connection.execute(
            campaigns.insert().values(
                name=name,
                created_at=now,
                churn_window_days=batch.churn_window_days,
                margin=batch.margin,
            )
        )
