"""Contributions from tables: LightGBM's own, for every kind of row."""

import lightgbm
import numpy as np
import pandas as pd
import pytest

from models import boosters as boosters_module
from models.boosters import fit_boosters
from models.tree_shares import tabulate


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    random = np.random.default_rng(1)
    table = pd.DataFrame(random.normal(size=(2000, 4)), columns=list("abcd"))
    table.loc[::5, "b"] = np.nan
    return table


@pytest.fixture(scope="module")
def fitted(table):
    target = (table["a"] * table["b"].fillna(1.0) + table["c"] > 0).to_numpy(dtype=float)
    return fit_boosters(table, target, np.ones(2000), {"objective": "binary"}, (1, 2), None)


def test_tables_say_what_lightgbm_says(fitted, table):
    shares = tabulate(fitted.members)
    unseen = table.sample(500, random_state=2) * 1.5
    expected = fitted.contributions(unseen)
    assert shares.contributions(unseen.to_numpy()) == pytest.approx(expected, abs=1e-12)
    assert np.abs(expected[:, :-1]).max() > 0.1


def test_a_cell_missing_where_training_had_none_goes_where_lightgbm_sends_it(fitted, table):
    holes = table.head(200).assign(a=np.nan, d=np.nan)
    expected = fitted.contributions(holes)
    assert tabulate(fitted.members).contributions(holes.to_numpy()) == pytest.approx(expected, abs=1e-12)


def test_many_rows_are_answered_from_the_tables(fitted, table, monkeypatch):
    few = fitted.contributions(table)
    monkeypatch.setattr(boosters_module, "MANY_ROWS", 10)
    monkeypatch.setattr(lightgbm.Booster, "predict", None)  # not asked
    assert fitted.contributions(table) == pytest.approx(few, abs=1e-12)


def test_trees_with_many_splits_have_no_tables(table):
    rows = lightgbm.Dataset(table.to_numpy(), label=table["a"].to_numpy())
    wide = lightgbm.train({"num_leaves": 31, "verbosity": -1}, rows, num_boost_round=2)
    assert tabulate([wide]) is None


def test_a_tree_that_never_splits_adds_to_the_baseline_alone():
    rows = lightgbm.Dataset(np.zeros((50, 2)), label=np.full(50, 3.0))
    stump = lightgbm.train({"verbosity": -1}, rows, num_boost_round=3)
    cells = np.zeros((4, 2))
    expected = stump.predict(cells, pred_contrib=True)
    assert tabulate([stump]).contributions(cells) == pytest.approx(expected)
