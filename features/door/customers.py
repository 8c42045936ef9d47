"""The customers at the door: one row for each person."""

from dataclasses import dataclass
from typing import Any

from features.door.admission import FAULT, Admission, fault, repeated_rows
from features.door.faults import CIRCLE, NOBODY, REPEATED
from features.door.merges import find_survivors, follow
from features.door.tables import ROW
from features.rows import among, keep, without


@dataclass(frozen=True)
class Customers:
    """The customers that are left; `survivors` says under which id those merged away go on, if any were.

    `unsure` has the `customer_id` of those of whom no row was sound.
    """

    admission: Admission
    survivors: Any
    unsure: Any


def admit_customers(examined: Admission) -> Customers:
    """One row per person: the first of those with one id, and none for ids that were merged into another.

    An opt-out on any row of a person opts the person out, be it under an id that was merged into theirs, be
    it one that cannot be read.
    """
    repeats = repeated_rows(examined.sound, {"customer_id": examined.sound.customer_id}, [])
    admission = examined.reject(repeats, "customer_id", REPEATED)
    survivors = None
    if "merged_into" in examined.sound.columns:
        survivors = find_survivors(admission.sound)
        circling = among(survivors, survivors.view(), "survivor", "customer_id")
        lost = without(survivors, admission.sound, "survivor", "customer_id")
        known = admission.sound
        admission = admission.reject(among(known, circling, "customer_id"), "merged_into", CIRCLE).reject(
            among(known, lost, "customer_id"), "merged_into", NOBODY
        )
        survivors = keep(among(survivors, admission.sound, "customer_id"))
        admission = admission.with_sound(without(admission.sound, survivors, "customer_id"))
    unsure = without(examined.read, admission.sound, "customer_id")
    if survivors is not None:
        unsure = without(unsure, survivors, "customer_id")
    if "opted_out" in examined.sound.columns:
        left = examined.sound.filter(examined.sound.opted_out).union(_unreadable_opt_outs(examined))
        left = left if survivors is None else follow(left, survivors)
        admission = admission.with_sound(_opted_out(admission.sound, left))
    return Customers(admission, survivors, keep(unsure.select("customer_id").distinct()))


def _unreadable_opt_outs(examined: Admission) -> Any:
    wrong = examined.faults.filter(examined.faults[FAULT].startswith(fault("opted_out", "")))
    return among(examined.read, wrong, ROW)


def _opted_out(people: Any, left: Any) -> Any:
    ids = left.select(left_id="customer_id").distinct()
    found = people.left_join(ids, [("customer_id", "left_id")])
    return found.mutate(opted_out=found.left_id.notnull()).select(people.columns)
