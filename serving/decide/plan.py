"""The list that earns the most under a budget."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.profit import Costs, Numbers, expected_cost, expected_profit, expected_saves

Places = npt.NDArray[np.int64]

ROUNDING = 1e-9
MOST_PASSES = 50  # each after the first fills what is left of the budget: less than one contact


@dataclass(frozen=True)
class Plan:
    """Whom to contact, best first, and what is to be expected of it, in shop currency.

    `places` index the customers given. The budget bounds `cost`, the mean cost: every contact, and the
    offers that are likely to be taken. `highest_cost` is what it comes to if everybody takes the offer.
    `churners` are the would-be churners on the list, `saves` those of them who stay.
    """

    places: Places
    churners: float
    saves: float
    cost: float
    highest_cost: float
    profit: float

    @property
    def size(self) -> int:
        """How many customers are on the list."""
        return len(self.places)


def plan_list(churn_probability: Numbers, value_at_risk: Numbers, costs: Costs, budget: float | None) -> Plan:
    """The customers whose contact pays, by profit per cost, as long as the budget covers their mean cost.

    This is the greedy answer to the knapsack problem: taken in that order, whoever no longer fits is passed
    over for the next who does. Its profit is less than the best possible by less than what the first
    customer passed over would bring, one customer in a list. Without a budget it is the best possible: everybody
    whose contact pays. Equal customers keep the order in which they are given.
    """
    profit = expected_profit(churn_probability, value_at_risk, costs)
    cost = expected_cost(churn_probability, costs)
    pays = np.flatnonzero(profit > 0)
    with np.errstate(divide="ignore"):
        worth = profit[pays] / cost[pays]
    ranked = pays[np.argsort(-worth, kind="stable")]
    listed = ranked if budget is None else _within(ranked, cost[ranked], budget)
    return plan_of(listed, churn_probability, value_at_risk, costs)


def plan_of(places: Places, churn_probability: Numbers, value_at_risk: Numbers, costs: Costs) -> Plan:
    """What is to be expected of contacting the customers at `places`."""
    p = churn_probability[places]
    return Plan(
        places=places,
        churners=float(p.sum()),
        saves=float(expected_saves(p, costs).sum()),
        cost=float(expected_cost(p, costs).sum()),
        highest_cost=len(places) * (costs.contact_cost + costs.offer_cost),
        profit=float(expected_profit(p, value_at_risk[places], costs).sum()),
    )


def _within(ranked: Places, cost: Numbers, budget: float) -> Places:
    """Those who fit into the budget one after the other."""
    limit = budget * (1 + ROUNDING)
    chosen: list[Places] = []
    while len(ranked) and len(chosen) < MOST_PASSES:
        fits = int(np.searchsorted(np.cumsum(cost), limit, side="right"))
        chosen.append(ranked[:fits])
        limit -= float(cost[:fits].sum())
        affordable = cost[fits:] <= limit
        ranked, cost = ranked[fits:][affordable], cost[fits:][affordable]
    return np.concatenate(chosen) if chosen else ranked
