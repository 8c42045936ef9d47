"""Spend if they return, of past rows: half way between models that had learned from them and from others."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.plan import plan_features
from models.cells import Floats
from tenure.simulator import simulate
from training.examples import Examples, gather_examples
from training.if_return import FEW_CUSTOMERS, spend_if_return
from training.past import Past
from training.snapshots import schedule_snapshots

AS_OF = date(2026, 1, 1)
ROWS = 8
NOBODY = np.zeros(ROWS, dtype=bool)


@dataclass(frozen=True)
class EvenChance:
    """Everybody returns with one half."""

    def logit(self, matrix: pd.DataFrame) -> Floats:
        return np.zeros(len(matrix))


@dataclass(frozen=True)
class Same:
    """Of everybody the same is expected."""

    if_return: float

    def expected(self, matrix: pd.DataFrame, p_return: Floats) -> Floats:
        return self.if_return * p_return


@pytest.fixture
def examples() -> Examples:
    """Eight rows; the first three are of the one half. The spend of the rows is 10 there and 40 in the other."""
    half = np.arange(ROWS) < 3
    ones = np.ones(ROWS)
    return Examples(
        pd.DataFrame({"frequency": ones}),
        ones,
        np.where(half, 10.0, 40.0),
        ones,
        ~NOBODY,
        np.zeros(ROWS, dtype=int),
        NOBODY,
        half,
        ROWS,
        0.0,
    )


def test_each_half_is_told_by_models_of_the_other_and_the_answer_lies_half_way_in_logs(examples):
    def fit(some: Examples) -> tuple[EvenChance, Same]:
        assert len(some.matrix) == len(some.spend) == len(some.half)
        return EvenChance(), Same(float(some.spend.mean()))

    told = spend_if_return(examples, EvenChance(), Same(10.0), fit, FEW_CUSTOMERS)
    np.testing.assert_allclose(told[:3], np.sqrt(10 * 40))
    np.testing.assert_allclose(told[3:], np.sqrt(10 * 10))
    of_many = spend_if_return(examples, EvenChance(), Same(10.0), fit, FEW_CUSTOMERS + 1)
    np.testing.assert_allclose(of_many, 10.0)


def test_where_the_season_is_known_every_date_is_levelled_to_what_was_spent(examples):
    known = replace(examples, is_same_season=~NOBODY, returned=(np.arange(ROWS) % 2).astype(float))
    told = spend_if_return(known, EvenChance(), Same(7.0), lambda _: (EvenChance(), Same(7.0)), 8)
    np.testing.assert_allclose(0.5 * told.sum(), known.spend.sum())


def test_a_customer_is_of_the_same_half_on_every_date(shop_of):
    shop = simulate(300, 4, "bgnbd", as_of=AS_OF, history_days=200, interactions_per_year=0)
    past = Past(shop_of(shop.purchases.select(["order_id", "customer_id", "ordered_at", "amount"])), 0)
    plan = plan_features(past.shop, AS_OF, 30, ())
    snapshots = schedule_snapshots(past.first_day(), AS_OF, 30)
    examples = gather_examples(past, plan, snapshots, 300)
    ids = np.concatenate([past.labels(one.as_of, one.window_days)["customer_id"] for one in snapshots])
    halves = pd.Series(examples.half).groupby(ids)
    assert (halves.nunique() == 1).all()
    assert 0.4 < halves.first().mean() < 0.6
