"""Campaigns as the store keeps them: how they were drawn, how large their arms are, what came of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from serving.store.schema import campaigns, contacts, outcomes


@dataclass(frozen=True)
class Outcome:
    """What `tenure lift` found: `result` is training.lift's Lift as plain values."""

    measured_at: datetime
    as_of: date
    result: dict[str, Any]


@dataclass(frozen=True)
class Campaign:
    """One campaign. Costs, `as_of` and model version are None where it was not drawn here.

    Costs and `margin` turn its outcome into money; `treated` and `control` count customers;
    `first_contact_at` and `last_contact_at` are None before the first contact. `plan` is what contacting the
    treated was expected to bring when they were drawn.
    """

    name: str
    created_at: datetime
    as_of: date | None
    model_version: str | None
    churn_window_days: int
    margin: float
    contact_cost: float | None
    offer_cost: float | None
    accept_rate: float | None
    budget: float | None
    control_share: float | None
    treated: int
    control: int
    first_contact_at: datetime | None
    last_contact_at: datetime | None
    plan: dict[str, Any] | None
    outcome: Outcome | None


def find_campaigns(connection: sa.Connection, name: str | None = None) -> list[Campaign]:
    """Every campaign, newest first; only the one called `name` where one is."""
    arm = {
        which: sa.func.sum(sa.case((contacts.c.arm == which, 1), else_=0)) for which in ("treated", "control")
    }
    totals = (
        sa.select(
            contacts.c.campaign,
            arm["treated"].label("treated"),
            arm["control"].label("control"),
            sa.func.min(contacts.c.contacted_at).label("first_contact_at"),
            sa.func.max(contacts.c.contacted_at).label("last_contact_at"),
        )
        .where(contacts.c.campaign.is_not(None) if name is None else contacts.c.campaign == name)
        .group_by(contacts.c.campaign)
        .subquery()
    )
    query = (
        sa.select(campaigns, *(c for c in totals.c if c.name != "campaign"), *list(outcomes.c)[1:])
        .select_from(
            campaigns.outerjoin(totals, totals.c.campaign == campaigns.c.name).outerjoin(
                outcomes, outcomes.c.campaign == campaigns.c.name
            )
        )
        .order_by(campaigns.c.created_at.desc(), campaigns.c.name)
    )
    if name is not None:
        query = query.where(campaigns.c.name == name)
    return [_campaign(row._mapping) for row in connection.execute(query)]


def save_outcome(connection: sa.Connection, campaign: str, outcome: Outcome) -> None:
    """Keep what was found of the campaign, in place of what was found before."""
    connection.execute(outcomes.delete().where(outcomes.c.campaign == campaign))
    connection.execute(
        outcomes.insert().values(
            campaign=campaign,
            measured_at=outcome.measured_at,
            as_of=outcome.as_of,
            result=orjson.dumps(outcome.result).decode(),
        )
    )


def _campaign(row: Any) -> Campaign:
    outcome = None
    if row["result"] is not None:
        outcome = Outcome(row["measured_at"], row[outcomes.c.as_of], orjson.loads(row["result"]))
    return Campaign(
        name=row["name"],
        created_at=row["created_at"],
        as_of=row[campaigns.c.as_of],
        model_version=row["model_version"],
        churn_window_days=row["churn_window_days"],
        margin=row["margin"],
        contact_cost=row["contact_cost"],
        offer_cost=row["offer_cost"],
        accept_rate=row["accept_rate"],
        budget=row["budget"],
        control_share=row["control_share"],
        treated=int(row["treated"] or 0),
        control=int(row["control"] or 0),
        first_contact_at=row["first_contact_at"],
        last_contact_at=row["last_contact_at"],
        plan=None if row["request"] is None else orjson.loads(row["request"])["plan"],
        outcome=outcome,
    )
