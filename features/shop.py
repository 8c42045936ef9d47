"""A shop behind the door: its admitted tables, all on one backend."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from features.door.report import DoorReport


@dataclass(frozen=True)
class Shop:
    """Admitted tables; times are UTC without a zone, `day` columns are days in `timezone`.

    `interactions` and `customers` are None where the shop has none. Contracts are in `purchases`, a row for
    each period that was paid (see features.door.contracts); `observed_until` is the first day of which
    nothing is known of them, None for a shop without contracts.
    """

    purchases: Any
    interactions: Any
    customers: Any
    timezone: str
    report: DoorReport
    observed_until: date | None = None
