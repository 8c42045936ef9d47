"""What is simulated: how many customers, in which world, over which days."""

from dataclasses import dataclass
from datetime import date, timedelta

from features.errors import ConfigurationError
from tenure.simulator.worlds import SUBSCRIPTION, find_world

BOUNDS: dict[str, tuple[float, float]] = {
    "customers": (1, 1_000_000_000),
    "seed": (0, 2**63),
    "history_days": (1, 36_500),
    "churn_window_days": (1, 3_650),
    "clv_horizon_days": (1, 3_650),
    "interactions_per_year": (0, 1_000),
    "refund_share": (0, 1),
    "opted_out_share": (0, 1),
    "rate_shift": (0.01, 100),
    "shift_days": (0, 36_500),
}


@dataclass(frozen=True)
class Scenario:
    """A simulated shop before it is simulated; equal scenarios give equal shops.

    History covers `[as_of - history_days, as_of)`. Customers make their first purchase evenly over it, or
    within its first `cohort_days`. The withheld future covers the longer of the two horizons after `as_of`.
    `interactions_per_year` is the mean of a customer who has not begun to go, exposure included; 0 for none.
    `rate_shift` multiplies everybody's purchase rate in the last `shift_days` before `as_of` and ever after.
    """

    customers: int
    seed: int
    world: str
    as_of: date = date(2026, 1, 1)
    history_days: int = 730
    churn_window_days: int = 90
    clv_horizon_days: int = 365
    cohort_days: int | None = None
    interactions_per_year: float = 15.0
    refund_share: float = 0.04
    opted_out_share: float = 0.01
    rate_shift: float = 1.0
    shift_days: int = 60

    def __post_init__(self) -> None:
        if self.world != SUBSCRIPTION:
            find_world(self.world)
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigurationError(f"{name} is {value}: give a number from {low:,} to {high:,}.")
        if self.cohort_days is not None and not 1 <= self.cohort_days <= self.history_days:
            raise ConfigurationError(
                f"cohort_days is {self.cohort_days}: give 1 to {self.history_days}, the days of history."
            )
        if not date(1900, 1, 1) + timedelta(days=self.history_days) <= self.as_of <= date(9000, 1, 1):
            raise ConfigurationError(
                f"as_of is {self.as_of}: {self.history_days} days of history must start in 1900 or later, "
                "and nothing is simulated beyond the year 9000."
            )

    @property
    def future_days(self) -> int:
        """Days of withheld future: the longer horizon."""
        return max(self.churn_window_days, self.clv_horizon_days)

    @property
    def start(self) -> date:
        """The first day of history."""
        return self.as_of - timedelta(days=self.history_days)
