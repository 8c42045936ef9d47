"""A budget spent well: whom to contact, what it is expected to bring, and what other budgets would."""

from dataclasses import dataclass

import numpy as np

from models.profit import Costs, Numbers, expected_cost, expected_profit, expected_saves
from serving.decide.plan import Plan, plan_list
from serving.store.candidates import Candidates

POINTS = 41


@dataclass(frozen=True)
class Outcome:
    """What contacting so many customers is expected to cost, save and bring; money in shop currency."""

    size: int
    cost: float
    saves: float
    profit: float


@dataclass(frozen=True)
class Budgeted:
    """The customers to contact, best first, and their outcome; `best` is that of an unbounded budget.

    `curve` goes from nobody to everybody who is worth contacting; `cheapest` is the least that one of them
    costs, None where nobody is worth it.
    """

    customer_ids: list[str]
    outcome: Outcome
    best: Outcome
    curve: tuple[Outcome, ...]
    cheapest: float | None


def spend(given: Candidates, costs: Costs, budget: float | None) -> Budgeted:
    """The list that earns the most under `budget`; without one, everybody whose contact pays."""
    p, at_risk = given.churn_probability, given.value_at_risk
    chosen = plan_list(p, at_risk, costs, budget)
    everybody = plan_list(p, at_risk, costs, None)
    order = everybody.places
    cost = expected_cost(p[order], costs)
    sums = [
        _running(numbers)
        for numbers in (
            cost,
            expected_saves(p[order], costs),
            expected_profit(p[order], at_risk[order], costs),
        )
    ]
    sizes = np.unique(np.linspace(0, len(order), min(POINTS, len(order) + 1)).round().astype(int)).tolist()
    return Budgeted(
        given.ids.take(chosen.places).to_pylist(),
        _outcome(chosen),
        _outcome(everybody),
        tuple(Outcome(size, *(float(running[size]) for running in sums)) for size in sizes),
        float(cost.min()) if len(cost) else None,
    )


def _outcome(plan: Plan) -> Outcome:
    return Outcome(plan.size, plan.cost, plan.saves, plan.profit)


def _running(numbers: Numbers) -> Numbers:
    return np.concatenate([[0.0], np.cumsum(numbers)])
