"""`tenure lift`: from the contacts in the store and the shop's purchases to what each campaign did."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from features.door.open import Shop, open_shop
from features.errors import ConfigurationError
from serving.store.book import ContactBook
from serving.store.campaigns import Campaign, Outcome
from serving.store.contacts import Contact
from tenure import printing
from tenure.settings import load_settings
from tenure.shop import day_after_newest
from training.lift import Lift, measure_lift
from training.outcomes import behaviour_after


@dataclass(frozen=True)
class Measured:
    """One campaign and what is known of it: `lift`, or a sentence why there is none yet.

    `waiting` counts customers whose window is not over, `left_out` those who have objected to profiling since.
    """

    campaign: str
    lift: Lift | None
    why_not: str | None
    waiting: int
    left_out: int

    def sentence(self) -> str:
        """What to tell of it."""
        return self.lift.sentence if self.lift is not None else str(self.why_not)

    def result(self) -> dict[str, object]:
        """As the store keeps it."""
        told = {"verdict": "too early" if self.waiting else "cannot tell", "sentence": self.why_not}
        return {
            **(asdict(self.lift) if self.lift is not None else told),
            "waiting": self.waiting,
            "left_out": self.left_out,
        }


def measure_campaigns(config: Path, name: str | None, measured_at: datetime) -> list[Measured]:
    """Measure the campaign called `name`, or every one, and keep what was found in the store."""
    configuration = load_settings(config)
    settings = configuration.settings
    shop = open_shop(settings.data, configuration.folder)
    known_until = day_after_newest(shop)
    zone = ZoneInfo(settings.data.timezone)
    with ContactBook(settings.store, configuration.folder, read_only=False) as book:
        campaigns = [c for c in book.campaigns() if name is None or c.name == name]
        if name is not None and not campaigns:
            there = ", ".join(c.name for c in book.campaigns()) or "none yet"
            raise ConfigurationError(f"There is no campaign {name!r}. Campaigns: {there}.")
        told = []
        for campaign in campaigns:
            measured = measure_campaign(shop, campaign, book.contacts_of(campaign.name), known_until, zone)
            book.save_outcome(campaign.name, Outcome(measured_at, known_until, measured.result()))
            told.append(measured)
    return told


def measure_campaign(
    shop: Shop, campaign: Campaign, contacts: list[Contact], known_until: date, zone: ZoneInfo
) -> Measured:
    """What the campaign did, by those of its customers whose window was over before `known_until`."""
    objecting = _objecting(shop)
    counted = [contact for contact in contacts if contact.customer_id not in objecting]
    days = {contact.customer_id: contact.contacted_at.astimezone(zone).date() for contact in counted}
    window = timedelta(days=campaign.churn_window_days)
    over = [contact for contact in counted if days[contact.customer_id] + window <= known_until]
    waiting, left_out = len(counted) - len(over), len(contacts) - len(counted)
    arms = {
        arm: behaviour_after(
            shop.purchases,
            days,
            [contact.customer_id for contact in over if contact.arm == arm],
            campaign.churn_window_days,
        )
        for arm in ("treated", "control")
    }
    lift = measure_lift(
        arms["treated"], arms["control"], campaign.margin, campaign.contact_cost, campaign.offer_cost
    )
    why_not = None
    if lift is None:
        why_not = _why_not(campaign, max(days.values(), default=None), known_until, waiting)
    return Measured(campaign.name, lift, why_not, waiting, left_out)


def show(measured: list[Measured]) -> None:
    """One paragraph per campaign, and its figures as a table."""
    if not measured:
        printing.say("There is no campaign yet. POST /v1/campaigns draws one with a control group.")
    for each in measured:
        printing.say(f"{each.campaign}: {each.sentence()}")
        if each.waiting:
            printing.say(f"  {each.waiting:,} customers are left out: their window is not over.")
        if each.left_out:
            printing.say(f"  {each.left_out:,} customers are left out: they object to profiling.")
        if each.lift is not None:
            _table(each.lift)


def _table(lift: Lift) -> None:
    rows = [
        ("share who came back", *(f"{x:+.1%}" for x in asdict(lift.return_rate).values())),
        ("customers won back", *(f"{x:+,.0f}" for x in asdict(lift.returns).values())),
        ("spend per customer", *(f"{x:+,.2f}" for x in asdict(lift.spend).values())),
        ("spend in all", *(f"{x:+,.0f}" for x in asdict(lift.revenue).values())),
    ]
    if lift.profit is not None:
        rows.append(("net of costs", *(f"{x:+,.0f}" for x in asdict(lift.profit).values())))
    printing.table("What contacting added, with 95% intervals", ("", "", "from", "to"), rows)


def _objecting(shop: Shop) -> frozenset[str]:
    if shop.customers is None or "opted_out" not in shop.customers.columns:
        return frozenset()
    objecting = shop.customers.filter(shop.customers.opted_out).customer_id.to_pyarrow()
    return frozenset(objecting.to_pylist())


def _why_not(campaign: Campaign, last_day: date | None, known_until: date, waiting: int) -> str:
    if waiting and last_day is not None:
        over = last_day + timedelta(days=campaign.churn_window_days)
        return (
            f"Too early to tell: the window of {campaign.churn_window_days} days is over on {over}, and the "
            f"purchases are known until {known_until}."
        )
    return (
        f"Cannot tell: {campaign.treated:,} contacted and {campaign.control:,} held back. An effect is only "
        "seen against a control group; draw the next campaign with a control_share."
    )
