"""The customers at the door: one row for each person."""

from dataclasses import dataclass, replace
from typing import Any

from features.admission import Admission, repeated_rows
from features.faults import CIRCLE, REPEATED, UNKNOWN
from features.merges import find_survivors, follow


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

    An opt-out on any row of a person opts the person out, also one under an id that was merged into theirs.
    """
    repeats = repeated_rows(examined.sound, {"customer_id": examined.sound.customer_id}, [])
    admission = examined.reject(repeats, "customer_id", REPEATED)
    survivors = None
    if "merged_into" in examined.sound.columns:
        survivors = find_survivors(admission.sound)
        circling = survivors.semi_join(survivors.view(), [("survivor", "customer_id")])
        lost = survivors.anti_join(admission.sound, [("survivor", "customer_id")])
        known = admission.sound
        admission = admission.reject(known.semi_join(circling, "customer_id"), "merged_into", CIRCLE).reject(
            known.semi_join(lost, "customer_id"), "merged_into", UNKNOWN
        )
        survivors = survivors.semi_join(admission.sound, "customer_id").cache()
        admission = replace(admission, sound=admission.sound.anti_join(survivors, "customer_id"))
    unsure = examined.read.anti_join(admission.sound, "customer_id")
    if survivors is not None:
        unsure = unsure.anti_join(survivors, "customer_id")
    if "opted_out" in examined.sound.columns:
        everyone = examined.sound if survivors is None else follow(examined.sound, survivors)
        admission = replace(admission, sound=_with_any_opt_out(admission.sound, everyone))
    return Customers(admission, survivors, unsure.select("customer_id").distinct())


def _with_any_opt_out(people: Any, rows: Any) -> Any:
    left = rows.filter(rows.opted_out).select(left_id="customer_id").distinct()
    found = people.left_join(left, [("customer_id", "left_id")])
    return found.mutate(opted_out=found.left_id.notnull()).select(people.columns)
