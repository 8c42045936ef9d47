"""Contracts at the door, and what they come to: a purchase on every day that a period of one was paid.

Every later part of Tenure sees purchases: a period that was paid is one, with CONTRACT_COLUMNS beside it. Of these
`AsOf.past` alone hands on the end, and only one that had come before `as_of`.
"""

from datetime import date, timedelta
from typing import Any

import ibis

from features.door.admission import Admission, repeated_rows
from features.door.faults import ENDS_FIRST, LONGEST_PERIOD, NEGATIVE, NOT_DAYS, TWICE
from features.door.local_time import local_day
from features.rows import keep_by_customer

CENTS = 100.0
SHORTEST_MONTH = 28
MONTHS = ((28, 31, 1), (59, 62, 2), (89, 92, 3), (181, 184, 6), (365, 366, 12))
"""The days that so many calendar months can take, the fewest and the most."""


def usable_contracts(examined: Admission) -> Admission:
    """Without contracts that end before they start, cost less than nothing, or have no period to be paid for.

    A contract without an id that has the customer, start, period and amount of another is its double.
    """
    sound, period = examined.sound, examined.sound.period_days
    no_period = (period < 1) | (period > LONGEST_PERIOD) | (period != period.floor())
    admission = examined.reject(sound.filter(no_period), "period_days", NOT_DAYS)
    sound = admission.sound
    admission = admission.reject(sound.filter(sound.amount < 0), "amount", NEGATIVE)
    sound = admission.sound
    if "ended_at" in sound.columns:
        admission = admission.reject(sound.filter(sound.ended_at < sound.started_at), "ended_at", ENDS_FIRST)
        sound = admission.sound
    unnamed = sound.filter(sound.subscription_id.isnull()) if "subscription_id" in sound.columns else sound
    same = {name: unnamed[name] for name in ("customer_id", "started_at", "period_days", "amount")}
    return admission.reject(repeated_rows(unnamed, same, []), "started_at", TWICE)


def observed_until(contracts: Any, others: list[Any]) -> date | None:
    """The day after the newest start of a contract and the newest event of other tables; None without any.

    Ends do not count: one that was announced lies in the future.
    """
    days = [table.day.max().to_pyarrow().as_py() for table in (contracts, *others)]
    known = [day for day in days if day is not None]
    return max(known) + timedelta(days=1) if known else None


def renewals(contracts: Any, until: date, timezone: str, calendar_months: bool) -> Any:
    """One purchase per paid period of admitted contracts, for days before `until`.

    The first is paid on the day of the start, each further one `period_days` later. One that falls due on
    the day on which the contract ends, or after it, was not paid. With `calendar_months`, periods that are as
    long as some months are those months; their `contract_period_days` is the longest that they can be.
    """
    engine = contracts.get_backend().name
    ended = "ended_at" in contracts.columns
    end = local_day(contracts.ended_at, timezone, engine) if ended else ibis.null("date")
    begun = contracts.mutate(contract_ended_on=end, contract_period_days=contracts.period_days.cast("int64"))
    begun = begun.filter(begun.day < until).mutate(contract=_name(begun))
    begun = begun.mutate(months=_months(begun.contract_period_days, calendar_months))
    begun = begun.mutate(stop=ibis.coalesce(ibis.least(begun.contract_ended_on, until), until))
    shortest = ibis.coalesce(begun.months * SHORTEST_MONTH, begun.contract_period_days)
    most = begun.stop.delta(begun.day, unit="day").cast("int64") // shortest + 1
    # The first period is paid at the start, even where the contract ends on the same day.
    each = begun.mutate(nth=ibis.range(0, ibis.greatest(most, 1).cast("int64")).unnest())
    each = each.mutate(due=_later(each.day, each).cast("date"))
    paid = each.filter((each.nth == 0) | (each.due < each.stop))
    longest = ibis.cases(
        *((paid.months == months, days) for _, days, months in MONTHS), else_=ibis.null("int64")
    )
    return keep_by_customer(
        paid.select(
            "customer_id",
            "amount",
            "contract",
            "contract_ended_on",
            contract_period_days=ibis.coalesce(longest, paid.contract_period_days).cast("int64"),
            order_id=ibis.literal("renewal ") + paid.contract + "/" + paid.nth.cast("string"),
            ordered_at=_later(paid.started_at, paid),
            day=paid.due,
        )
    )


def with_renewals(purchases: Any | None, paid: Any) -> Any:
    """Orders and renewals in one table; a column that one of them lacks is empty there."""
    if purchases is None:
        return paid
    types = {**dict(paid.schema().items()), **dict(purchases.schema().items())}
    both = [
        table.select(
            **{
                name: (table[name] if name in table.columns else ibis.null(dtype)).cast(dtype)
                for name, dtype in types.items()
            }
        )
        for table in (purchases, paid)
    ]
    return keep_by_customer(both[0].union(both[1], distinct=False))


def _months(period_days: Any, calendar_months: bool) -> Any:
    """How many months a period is; null where it is none, or days are meant as days."""
    if not calendar_months:
        return ibis.null("int64")
    cases = ((period_days.between(shortest, longest), months) for shortest, longest, months in MONTHS)
    return ibis.cases(*cases, else_=ibis.null("int64")).cast("int64")


def _later(moment: Any, each: Any) -> Any:
    """The moment, so many periods later; the 31st falls on the last day of a shorter month."""
    by_days = moment + (each.nth * each.contract_period_days).cast("int64").as_interval("D")
    by_months = moment + (each.nth * each.months).cast("int64").as_interval("M")
    return each.months.isnull().ifelse(by_days, by_months)


def _name(contracts: Any) -> Any:
    """The contract's own id; without one, what tells it from the others of its customer."""
    start = contracts.started_at.epoch_seconds().cast("int64").cast("string")
    cents = (contracts.amount * CENTS).round().cast("int64").cast("string")
    made = start + "-" + contracts.contract_period_days.cast("string") + "-" + cents
    if "subscription_id" not in contracts.columns:
        return made
    return ibis.coalesce(contracts.subscription_id, made)
