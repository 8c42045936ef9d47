"""A shop behind the door: its admitted tables, all on one backend."""

from dataclasses import dataclass
from typing import Any

from features.door.report import DoorReport


@dataclass(frozen=True)
class Shop:
    """Admitted tables; times are UTC without a zone, `day` columns are days in `timezone`.

    `interactions` and `customers` are None where the shop has none.
    """

    purchases: Any
    interactions: Any
    customers: Any
    timezone: str
    report: DoorReport
