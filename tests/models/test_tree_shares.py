"""Contributions from tables: LightGBM's own, for every kind of row."""

import lightgbm
import numpy as np
import pytest

from models import boosters as boosters_module
from models.tree_shares import tabulate


def test_tables_say_what_lightgbm_says(fitted_trees, forest_table):
    shares = tabulate(fitted_trees.members)
    unseen = forest_table.sample(500, random_state=2) * 1.5
    expected = fitted_trees.contributions(unseen)
    assert shares.contributions(unseen.to_numpy()) == pytest.approx(expected, abs=1e-12)
    assert np.abs(expected[:, :-1]).max() > 0.1


def test_a_cell_missing_where_training_had_none_goes_where_lightgbm_sends_it(fitted_trees, forest_table):
    holes = forest_table.head(200).assign(a=np.nan, d=np.nan)
    expected = fitted_trees.contributions(holes)
    assert tabulate(fitted_trees.members).contributions(holes.to_numpy()) == pytest.approx(
        expected, abs=1e-12
    )


def test_many_rows_are_answered_from_the_tables(fitted_trees, forest_table, monkeypatch):
    few = fitted_trees.contributions(forest_table)
    monkeypatch.setattr(boosters_module, "MANY_ROWS", 10)
    monkeypatch.setattr(lightgbm.Booster, "predict", None)  # not asked
    assert fitted_trees.contributions(forest_table) == pytest.approx(few, abs=1e-12)


def test_trees_with_many_splits_have_no_tables(forest_table):
    rows = lightgbm.Dataset(forest_table.to_numpy(), label=forest_table["a"].to_numpy())
    wide = lightgbm.train({"num_leaves": 31, "verbosity": -1}, rows, num_boost_round=2)
    assert tabulate([wide]) is None


def test_a_tree_that_never_splits_adds_to_the_baseline_alone():
    rows = lightgbm.Dataset(np.zeros((50, 2)), label=np.full(50, 3.0))
    stump = lightgbm.train({"verbosity": -1}, rows, num_boost_round=3)
    cells = np.zeros((4, 2))
    expected = stump.predict(cells, pred_contrib=True)
    assert tabulate([stump]).contributions(cells) == pytest.approx(expected)
