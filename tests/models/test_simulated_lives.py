"""Customers who live exactly as a model says: its forecasts must come true among them."""

import numpy as np
import pandas as pd
import pytest

from models.bgnbd import BgNbd, fit_bgnbd
from models.cells import group_cells
from models.mbgnbd import MbgNbd, fit_mbgnbd
from models.paretonbd import ParetoNbd, fit_paretonbd

CUSTOMERS, AGE, HORIZON, MOST = 60_000, 200.0, 60.0, 80
HIDDEN = (0.6, 40.0, 0.9, 2.0)
HIDDEN_PARETO = (0.6, 40.0, 0.7, 60.0)


def live(random, rate, last_purchase, leaves_at):
    """Repeat purchases of a Poisson rate, up to the last purchase or the moment of leaving."""
    bought_at = np.cumsum(random.exponential(1 / rate[:, None], (CUSTOMERS, MOST)), axis=1)
    happens = (np.arange(1, MOST + 1) <= last_purchase[:, None]) & (bought_at < leaves_at[:, None])
    seen, ahead = happens & (bought_at < AGE), happens & (bought_at >= AGE) & (bought_at < AGE + HORIZON)
    frequency = seen.sum(axis=1).astype(float)
    return frequency, np.where(seen, bought_at, 0.0).max(axis=1), ahead.sum(axis=1)


def simulate(kind):
    random = np.random.default_rng(11)
    for_ever, never = np.full(CUSTOMERS, np.inf), np.full(CUSTOMERS, MOST)
    r, alpha, c, d = HIDDEN_PARETO if kind is ParetoNbd else HIDDEN
    rate = random.gamma(r, 1 / alpha, CUSTOMERS) + 1e-12
    if kind is ParetoNbd:
        return live(random, rate, never, random.exponential(1 / random.gamma(c, 1 / d, CUSTOMERS)))
    chance = random.beta(c, d, CUSTOMERS).clip(1e-12)
    last = random.geometric(chance).clip(max=MOST)
    return live(random, rate, last if kind is BgNbd else last - 1, for_ever)


@pytest.fixture(scope="module", params=[(BgNbd, fit_bgnbd), (MbgNbd, fit_mbgnbd), (ParetoNbd, fit_paretonbd)])
def world(request):
    kind, fit = request.param
    return kind, fit, *simulate(kind)


GROUPS = [(0, 0), (1, 1), (2, 3), (4, 9), (10, 99)]


def test_forecasts_come_true_in_every_group_of_customers(world):
    kind, _, frequency, recency, ahead = world
    model = kind(*(HIDDEN_PARETO if kind is ParetoNbd else HIDDEN), report=None)
    age = np.full(CUSTOMERS, AGE)
    returns = model.probability_of_return(HORIZON, frequency, recency, age)
    purchases = model.expected_purchases(HORIZON, frequency, recency, age)
    groups = [(frequency >= low) & (frequency <= high) for low, high in GROUPS]
    groups += [group & (recency > AGE / 2) for group in groups[1:]]
    for group in groups:
        count = group.sum()
        assert count > 200
        noise = np.sqrt(np.sum(returns[group] * (1 - returns[group]))) / count
        assert returns[group].mean() == pytest.approx((ahead[group] > 0).mean(), abs=4 * noise)
        noise = ahead[group].std() / np.sqrt(count)
        assert purchases[group].mean() == pytest.approx(ahead[group].mean(), abs=4 * noise)


def test_the_hidden_parameters_are_found(world):
    kind, fit, frequency, recency, _ = world
    summary = pd.DataFrame({"frequency": frequency, "recency": recency, "T": AGE})
    found = fit(group_cells(summary.head(20_000)), seed=0)
    hidden = HIDDEN_PARETO if kind is ParetoNbd else HIDDEN
    values = [value for name, value in vars(found).items() if name != "report"]
    assert values == pytest.approx(hidden, rel=0.25)
    assert found.report.penalty == 0
