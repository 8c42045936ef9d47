"""Raw scores from tables: LightGBM's own, to the last bit."""

import lightgbm
import numpy as np
import pandas as pd

from models import boosters as boosters_module
from models.tree_scores import tabulate_scores


def test_many_rows_get_the_very_scores_that_lightgbm_gives(fitted_trees, forest_table, monkeypatch):
    holes = pd.concat([forest_table * 1.5, forest_table.assign(a=np.nan, d=np.nan)])
    expected = fitted_trees.raw_score(holes)
    monkeypatch.setattr(boosters_module, "MANY_ROWS", 10)
    monkeypatch.setattr(lightgbm.Booster, "predict", None)  # not asked
    assert np.array_equal(fitted_trees.raw_score(holes), expected)
    assert np.ptp(expected) > 1.0


def test_trees_with_many_splits_have_no_tables(forest_table):
    rows = lightgbm.Dataset(forest_table.to_numpy(), label=forest_table["a"].to_numpy())
    wide = lightgbm.train({"num_leaves": 31, "verbosity": -1}, rows, num_boost_round=2)
    assert tabulate_scores([wide]) is None
