"""Purchases and interactions at the door: each once, of customers who are there, in one currency."""

from typing import Any

import ibis

from features.door.admission import FAULT, Admission, repeated_rows
from features.door.customers import Customers
from features.door.faults import REPEATED, UNKNOWN, UNSURE
from features.door.local_time import local_day
from features.door.merges import follow
from features.door.tables import ROW, SHAPES
from features.door.trimmed import trimmed
from features.errors import DataError
from features.rows import among, count_rows, without

FOR_THE_DOOR = (ROW, "currency")
"""What of an events table the door alone looks at."""
MOMENTS = {"purchases": "ordered_at", "interactions": "occurred_at", "subscriptions": "started_at"}


def of_known_customers(events: Admission, customers: Customers, keep_unknown: bool) -> Admission:
    """Events under the ids that remain; those of customers who are not there are rejected, or kept.

    Events of a customer whose own row was rejected are never kept: it may have held an opt-out.
    """
    if customers.survivors is not None:
        events = events.with_sound(follow(events.sound, customers.survivors))
    if count_rows(customers.unsure) > 0:
        unsure = among(events.sound, customers.unsure, "customer_id")
        events = events.reject(unsure, "customer_id", UNSURE)
    if keep_unknown:
        return events
    unknown = without(events.sound, customers.admission.sound, "customer_id")
    return events.reject(unknown, "customer_id", UNKNOWN)


def repeats(sound: Any, table: str) -> Any:
    """The rows of an events table that repeat an id, or None where it has no ids.

    A refund may carry the id of its order, and of several rows with one id the earliest counts.
    """
    key = SHAPES[table].key
    if key not in sound.columns:
        return None
    parts = {key: sound[key]}
    if table == "purchases":
        parts["is_refund"] = sound.amount < 0
    return repeated_rows(sound, parts, [MOMENTS[table]])


def once_each(events: Admission, table: str) -> Admission:
    """Without the rows that repeat an id."""
    rows = repeats(events.sound, table)
    if rows is None or not _may_repeat(events.sound, table):
        return events
    return events.reject(rows, SHAPES[table].key, REPEATED)


def _may_repeat(sound: Any, table: str) -> bool:
    """Whether two rows may have one id. Different ids may hash alike; hashes are counted at a third of the cost."""
    ids = sound[SHAPES[table].key]
    known = sound.filter(ids.notnull()).select(hashed=ids.hash())
    counts = known.aggregate(rows=known.count(), different=known.hashed.nunique()).to_pyarrow().to_pylist()
    return bool(counts[0]["rows"] > counts[0]["different"])


def require_one_currency(purchases: Any) -> None:
    """Raise DataError when amounts are in several currencies; a cell without one is taken for the same."""
    if "currency" not in purchases.columns:
        return
    named = purchases.mutate(code=trimmed(purchases.currency).upper()).filter(lambda t: t.code.notnull())
    counts = named.group_by("code").aggregate(rows=named.count()).to_pyarrow().to_pylist()
    if len(counts) < 2:
        return
    commonest = sorted(counts, key=lambda count: (-count["rows"], count["code"]))
    listed = ", ".join(f"{count['code']} ({count['rows']:,} rows)" for count in commonest)
    raise DataError(
        f"purchases.currency: amounts are in {len(counts)} currencies: {listed}. Amounts of different "
        "currencies are never added. Convert them into one before the export, or export one currency only."
    )


def with_day(examined: Any, table: str, timezone: str, engine: str) -> Any:
    """The examined rows and the shop's day of each that is sound."""
    at = examined[FAULT].isnull().ifelse(examined[MOMENTS[table]], ibis.null("timestamp"))
    return examined.mutate(day=local_day(at, timezone, engine))


def admitted_events(sound: Any) -> Any:
    """The sound rows as the rest of Tenure knows them: without what was for the door."""
    return sound.drop(*(column for column in FOR_THE_DOOR if column in sound.columns))
