"""The cut-off simulator: what lists of every size reach, cost and earn."""

from dataclasses import dataclass

import numpy as np

from models.profit import Costs, Numbers, expected_cost, expected_profit, expected_saves

POINTS = 101


@dataclass(frozen=True)
class Cutoff:
    """A list of the `size` customers whose contact is worth most; everything else is an expectation.

    `churners_reached` would leave without the contact, `non_churners_bothered` would have stayed anyway;
    `churners_share` is the part of all would-be churners that is reached. `lowest_churn_probability` is the
    least on the list (None on the empty list). `cost` and `profit` in shop currency.
    """

    size: int
    lowest_churn_probability: float | None
    churners_reached: float
    churners_share: float
    non_churners_bothered: float
    saves: float
    cost: float
    profit: float


def simulate_cutoffs(
    churn_probability: Numbers, value_at_risk: Numbers, costs: Costs, points: int = POINTS
) -> list[Cutoff]:
    """From the empty list to everybody, at most `points` sizes evenly apart, and the size that earns most.

    Customers come by expected profit, highest first, so each list is the most profitable of its size.
    """
    profit = expected_profit(churn_probability, value_at_risk, costs)
    order = np.argsort(-profit, kind="stable")
    p = churn_probability[order]
    running = {
        "churners": _running(p),
        "saves": _running(expected_saves(p, costs)),
        "cost": _running(expected_cost(p, costs)),
        "profit": _running(profit[order]),
    }
    lowest = np.minimum.accumulate(p)
    everybody = len(p)
    best = int(np.argmax(running["profit"]))
    sizes = sorted(
        {*np.linspace(0, everybody, min(points, everybody + 1)).round().astype(int).tolist(), best}
    )
    churners = float(running["churners"][-1])
    return [
        Cutoff(
            size=size,
            lowest_churn_probability=float(lowest[size - 1]) if size else None,
            churners_reached=float(running["churners"][size]),
            churners_share=float(running["churners"][size]) / churners if churners else 0.0,
            non_churners_bothered=size - float(running["churners"][size]),
            saves=float(running["saves"][size]),
            cost=float(running["cost"][size]),
            profit=float(running["profit"][size]),
        )
        for size in sizes
    ]


def most_profitable(cutoffs: list[Cutoff]) -> Cutoff:
    """The one that earns most; of equals the shortest list."""
    return max(cutoffs, key=lambda cutoff: (cutoff.profit, -cutoff.size))


def _running(numbers: Numbers) -> Numbers:
    return np.concatenate([[0.0], np.cumsum(numbers)])
