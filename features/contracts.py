"""What the contracts of a shop are like on a date: how many run, for how long at a time, who falls due."""

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

import ibis

from features.as_of import AsOf

USUAL = 0.9


@dataclass(frozen=True)
class ContractSummary:
    """The contracts that had started before a date. `periods`: how many of those that run are paid how often.

    `due` of the running ones fall due in the churn window; `customers_at_once` hold several that run.
    """

    contracts: int
    running: int
    periods: dict[int, int]
    due: int
    customers: int
    customers_at_once: int
    window_days: int

    def sentences(self) -> list[str]:
        """The summary for a person."""
        if not self.contracts:
            return ["No contract had started."]
        periods = ", ".join(f"{days} days {number:,}" for days, number in sorted(self.periods.items())[:5])
        said = [
            f"Contracts: {self.contracts:,}, of which {self.running:,} run, held by {self.customers:,} customers"
            + (f"; from one renewal to the next: {periods}." if self.periods else ".")
        ]
        later = self.running - self.due
        if later:
            said.append(
                f"{later:,} of the running contracts fall due after the churn window of {self.window_days} days: "
                f"nothing is decided about them in it, and who holds no other gets no score. "
                + (
                    f"A churn window of {max(self.periods)} days asks about everybody."
                    if max(self.periods) > self.window_days
                    else ""
                )
            )
        if self.customers_at_once:
            said.append(
                f"{self.customers_at_once:,} customers hold several contracts at once: they have churned when none "
                "of them is renewed."
            )
        return [sentence.strip() for sentence in said]


def summarise_contracts(purchases: Any, as_of: date, window_days: int) -> ContractSummary | None:
    """The contracts among admitted purchases before `as_of`; None for a shop without."""
    if "contract" not in purchases.columns:
        return None
    contracts = _contracts(purchases, as_of)
    running = contracts.filter(contracts.runs)
    holders = running.group_by("customer_id").aggregate(held=running.count())
    (totals,) = _rows(contracts.aggregate(contracts=contracts.count(), running=contracts.runs.sum()))
    (held,) = _rows(holders.aggregate(customers=holders.count(), several=(holders.held > 1).sum()))
    (due,) = _rows(running.aggregate(due=(running.due_days < window_days).sum()))
    return ContractSummary(
        contracts=totals["contracts"],
        running=totals["running"] or 0,
        periods=_periods(running),
        due=due["due"] or 0,
        customers=held["customers"],
        customers_at_once=held["several"] or 0,
        window_days=window_days,
    )


def usual_period_days(purchases: Any, as_of: date) -> int | None:
    """The period that nine in ten of the running contracts do not exceed; None where none runs."""
    if "contract" not in purchases.columns:
        return None
    contracts = _contracts(purchases, as_of)
    counted = sorted(_periods(contracts.filter(contracts.runs)).items())
    needed = ceil(USUAL * sum(number for _, number in counted))
    for days, number in counted:
        needed -= number
        if needed <= 0:
            return days
    return None


def _contracts(purchases: Any, as_of: date) -> Any:
    past = AsOf(as_of, "UTC").past(purchases)
    paid = past.filter(past.contract.notnull())
    contracts = paid.group_by("customer_id", "contract").aggregate(
        period=paid.contract_period_days.max(),
        last_paid=paid.days_ago.min(),
        ended_on=paid.contract_ended_on.max(),
    )
    return contracts.mutate(runs=contracts.ended_on.isnull(), due_days=contracts.period - contracts.last_paid)


def _periods(running: Any) -> dict[int, int]:
    counts = running.group_by("period").aggregate(contracts=running.count()).order_by(ibis.desc("contracts"))
    return {row["period"]: row["contracts"] for row in _rows(counts)}


def _rows(table: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows
