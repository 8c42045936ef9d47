"""The cut-off simulator, by hand."""

import numpy as np
import pytest

from models.profit import Costs
from serving.decide.cutoffs import most_profitable, simulate_cutoffs

COSTS = Costs(contact_cost=1.0, offer_cost=10.0, accept_rate=0.3)
P = np.array([1.0, 0.0, 0.5, 0.9])
AT_RISK = np.array([200.0, 0.0, 100.0, 18.0])


def test_each_size_tells_whom_it_reaches_and_what_it_earns() -> None:
    cutoffs = simulate_cutoffs(P, AT_RISK, COSTS)
    assert [c.size for c in cutoffs] == [0, 1, 2, 3, 4]
    assert [c.profit for c in cutoffs] == pytest.approx([0, 56, 78.5, 79.2, 68.2])
    assert [c.cost for c in cutoffs] == pytest.approx([0, 4, 11.5, 16.2, 27.2])
    assert [c.churners_reached for c in cutoffs] == pytest.approx([0, 1, 1.5, 2.4, 2.4])
    assert [c.non_churners_bothered for c in cutoffs] == pytest.approx([0, 0, 0.5, 0.6, 1.6])
    assert [c.lowest_churn_probability for c in cutoffs] == [None, 1.0, 0.5, 0.5, 0.0]
    assert cutoffs[2].churners_share == pytest.approx(1.5 / 2.4)
    assert most_profitable(cutoffs).size == 3


def test_a_large_shop_has_a_bounded_number_of_points_with_the_best_among_them() -> None:
    rng = np.random.default_rng(2)
    p = rng.random(10_000)
    at_risk = p * rng.exponential(60, 10_000)
    cutoffs = simulate_cutoffs(p, at_risk, COSTS, points=11)
    every = simulate_cutoffs(p, at_risk, COSTS, points=10_001)
    assert len(cutoffs) <= 12
    assert most_profitable(cutoffs) == most_profitable(every)


def test_of_nobody_there_is_the_empty_list() -> None:
    (only,) = simulate_cutoffs(np.array([]), np.array([]), COSTS)
    assert (only.size, only.profit, only.churners_share) == (0, 0, 0)
