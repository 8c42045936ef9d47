"""What every purchase model owes every shop: finite answers in their range, whatever its customers did."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bgnbd import BgNbd, fit_bgnbd
from models.cells import group_cells
from models.mbgnbd import MbgNbd, fit_mbgnbd
from models.paretonbd import ParetoNbd, fit_paretonbd

FITS = [fit_bgnbd, fit_mbgnbd, fit_paretonbd]


def shop(*customers):
    return pd.DataFrame(customers, columns=["frequency", "recency", "T"], dtype=float)


def some(count, seed=0):
    """Customers of a shop like CDNOW, in whole days."""
    random = np.random.default_rng(seed)
    age = random.integers(200, 290, count)
    x = random.poisson(random.gamma(0.3, 5, count)).clip(0, 60)
    recency = np.where(x > 0, np.maximum(x, (age * random.random(count)).astype(int)), 0)
    return pd.DataFrame({"frequency": x, "recency": recency, "T": age}, dtype=float)


AWKWARD = {
    "one customer who bought yesterday": shop((0, 0, 0)),
    "one customer who bought long ago": shop((0, 0, 900)),
    "one customer who buys every day": shop((300, 300, 300)),
    "ten customers": some(10),
    "all bought once": shop(*[(0, 0, age) for age in range(1, 400)]),
    "all bought every day": shop(*[(100, 100, 100)] * 50),
    "all bought twice and on the same days": shop(*[(1, 30, 60)] * 500),
    "ages of three centuries": some(500).assign(T=110_000.0),
    "wholesale buyers beside passers-by": shop(*[(200, 299, 300)] * 5, *[(0, 0, age) for age in range(300)]),
    "ages from zero to a day": shop(*[(0, 0, 0)] * 20, (0, 0, 1), (1, 1, 1)),
}


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_shop_gets_finite_answers_and_a_sentence(name, fit):
    summary = AWKWARD[name]
    model = fit(group_cells(summary), seed=0)
    history = summary["frequency"], summary["recency"], summary["T"]
    alive = model.probability_alive(*history)
    assert np.all((alive >= 0) & (alive <= 1))
    for horizon in (1, 90, 36_500):
        returns = model.probability_of_return(horizon, *history)
        assert np.all((returns > 0) & (returns < 1))
        purchases = model.expected_purchases(horizon, *history)
        assert np.all(np.isfinite(purchases) & (purchases >= 0))
    assert np.isfinite(model.report.log_likelihood)
    assert model.report.converged
    assert "maximum likelihood" in model.report.sentence or "fitted with a penalty" in model.report.sentence


@pytest.mark.parametrize("fit", FITS)
def test_nobody_is_expected_back_where_nobody_ever_came_back(fit):
    summary = AWKWARD["all bought once"]
    model = fit(group_cells(summary), seed=0)
    assert model.report.penalty > 0
    assert (
        model.probability_of_return(90, summary["frequency"], summary["recency"], summary["T"]).max() < 0.02
    )


parameters = st.floats(-3, 3).map(np.exp)
models = st.one_of(
    st.builds(lambda r, alpha, a, b: BgNbd(r, 30 * alpha, a, b, report=None), *[parameters] * 4),
    st.builds(lambda r, alpha, a, b: MbgNbd(r, 30 * alpha, a, b, report=None), *[parameters] * 4),
    st.builds(
        lambda r, alpha, s, beta: ParetoNbd(r, 30 * alpha, s, 30 * beta, report=None), *[parameters] * 4
    ),
)
histories = st.tuples(st.integers(0, 60), st.integers(0, 2_000), st.integers(0, 2_000)).map(
    lambda drawn: (drawn[0], drawn[1] + drawn[0] if drawn[0] else 0, drawn[1] + drawn[0] + drawn[2])
)


@given(model=models, history=histories, shorter=st.integers(1, 700), longer=st.integers(1, 700))
@settings(max_examples=150, deadline=None)
def test_a_longer_horizon_never_lowers_an_answer(model, history, shorter, longer):
    history = [[value] for value in history]
    for answer in (model.expected_purchases, model.probability_of_return):
        near, far = answer(shorter, *history)[0], answer(shorter + longer, *history)[0]
        assert 0 <= near <= far * (1 + 1e-9)


@given(model=models, history=histories, later=st.integers(1, 500))
@settings(max_examples=150, deadline=None)
def test_a_more_recent_purchase_never_lowers_probability_alive(model, history, later):
    x, t_x, age = history
    if x == 0:
        return
    more_recent = min(age, t_x + later)
    before, after = model.probability_alive([x, x], [t_x, more_recent], [age, age])
    assert 0 <= before <= after * (1 + 1e-9) <= 1 + 1e-9


@given(model=models, history=histories, horizon=st.integers(1, 700))
@settings(max_examples=150, deadline=None)
def test_who_returns_is_alive_and_buys_at_least_once(model, history, horizon):
    history = [[value] for value in history]
    returns = model.probability_of_return(horizon, *history)[0]
    assert returns <= model.probability_alive(*history)[0] * (1 + 1e-9) + 1e-9
    assert returns <= model.expected_purchases(horizon, *history)[0] * (1 + 1e-9) + 1e-9
