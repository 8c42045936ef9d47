"""The list that earns the most: against every possible list, and by hand."""

from itertools import combinations

import numpy as np
import pytest

from models.profit import Costs, expected_cost, expected_profit
from serving.decide.plan import plan_list

COSTS = Costs(contact_cost=1.0, offer_cost=10.0, accept_rate=0.3)
P = np.array([1.0, 0.0, 0.5, 0.9])
AT_RISK = np.array([200.0, 0.0, 100.0, 18.0])


def test_without_a_budget_everybody_whose_contact_pays_is_listed() -> None:
    """Profits 56, -11, 30 - 7.5 = 22.5 and 5.4 - 4.7 = 0.7; per cost 14, -, 3 and 0.15."""
    plan = plan_list(P, AT_RISK, COSTS, None)
    assert plan.places.tolist() == [0, 2, 3]
    assert plan.size == 3
    assert plan.profit == pytest.approx(79.2)
    assert plan.cost == pytest.approx(4 + 7.5 + 4.7)
    assert plan.highest_cost == 33
    assert plan.churners == pytest.approx(2.4)
    assert plan.saves == pytest.approx(0.72)


def test_the_budget_bounds_the_mean_cost_and_who_does_not_fit_is_passed_over() -> None:
    """4 + 7.5 + 4.7 = 16.2 in all; 10 is enough for the first and the last."""
    plan = plan_list(P, AT_RISK, COSTS, 10.0)
    assert plan.places.tolist() == [0, 3]
    assert plan.cost == pytest.approx(8.7)
    assert plan_list(P, AT_RISK, COSTS, 3.9).size == 0
    assert plan_list(P, AT_RISK, COSTS, 16.2).size == 3


@pytest.mark.parametrize("seed", range(20))
def test_no_list_within_the_budget_earns_more_than_one_customer_more(seed: int) -> None:
    """Against all 1,024 lists of ten customers."""
    rng = np.random.default_rng(seed)
    p, budget = rng.random(10), rng.uniform(3, 60)
    at_risk = p * rng.exponential(100, 10)
    profit, cost = expected_profit(p, at_risk, COSTS), expected_cost(p, COSTS)
    possible = [list(c) for size in range(11) for c in combinations(range(10), size)]
    best = max(profit[c].sum() for c in possible if cost[c].sum() <= budget)
    plan = plan_list(p, at_risk, COSTS, budget)
    assert plan.cost <= budget * (1 + 1e-6)
    assert best - plan.profit <= max(0.0, profit.max()) + 1e-9
    everyone = plan_list(p, at_risk, COSTS, None)
    passed_over = [place for place in everyone.places if place not in plan.places]
    if passed_over:
        assert best - plan.profit < profit[passed_over[0]] + 1e-9
    else:
        assert plan.profit == pytest.approx(best)


def test_a_larger_budget_never_earns_less() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(2_000)
    at_risk = p * rng.exponential(100, 2_000)
    earned = [plan_list(p, at_risk, COSTS, budget).profit for budget in (10, 100, 1_000, 5_000, 1e9)]
    assert earned == sorted(earned)
    assert earned[-1] == pytest.approx(plan_list(p, at_risk, COSTS, None).profit)


def test_where_nothing_costs_anything_all_are_listed_and_of_nobody_nothing_comes() -> None:
    free = Costs(0.0, 0.0, 0.5)
    assert plan_list(P, AT_RISK, free, 1.0).size == 3
    assert plan_list(np.array([]), np.array([]), COSTS, 5.0).size == 0
