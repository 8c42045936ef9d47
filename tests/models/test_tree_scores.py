"""Raw scores from tables: LightGBM's own, to the last bit."""

import lightgbm
import numpy as np
import pandas as pd
import pytest

from models import boosters as boosters_module
from models.boosters import fit_boosters
from models.tree_scores import tabulate_scores


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


def test_many_rows_get_the_very_scores_that_lightgbm_gives(fitted, table, monkeypatch):
    holes = pd.concat([table * 1.5, table.assign(a=np.nan, d=np.nan)])
    expected = fitted.raw_score(holes)
    monkeypatch.setattr(boosters_module, "MANY_ROWS", 10)
    monkeypatch.setattr(lightgbm.Booster, "predict", None)  # not asked
    assert np.array_equal(fitted.raw_score(holes), expected)
    assert np.ptp(expected) > 1.0


def test_trees_with_many_splits_have_no_tables(table):
    rows = lightgbm.Dataset(table.to_numpy(), label=table["a"].to_numpy())
    wide = lightgbm.train({"num_leaves": 31, "verbosity": -1}, rows, num_boost_round=2)
    assert tabulate_scores([wide]) is None
