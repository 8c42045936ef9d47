"""CDNOW's sample and the textbook's own code, which the purchase models are held against."""

import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from models.boosters import Boosters, fit_boosters


@pytest.fixture(scope="session")
def lifetimes() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing it sets an option that pandas has deprecated
        import lifetimes.fitters.modified_beta_geo_fitter

        return lifetimes


@pytest.fixture(scope="session")
def cdnow(lifetimes: ModuleType) -> pd.DataFrame:
    """The 1/10 sample of CDNOW, calibration period, one row per customer, in weeks."""
    folder = Path(lifetimes.__file__).parent / "datasets"
    sample = pd.read_csv(folder / "cdnow_customers_summary_with_transactions.csv")
    return sample.rename(columns={"x": "frequency", "t_x": "recency", "zbar": "monetary_value"})


@pytest.fixture(scope="session")
def forest_table() -> pd.DataFrame:
    """2,000 rows of four columns, one of them with holes."""
    random = np.random.default_rng(1)
    table = pd.DataFrame(random.normal(size=(2000, 4)), columns=list("abcd"))
    table.loc[::5, "b"] = np.nan
    return table


@pytest.fixture(scope="session")
def fitted_trees(forest_table: pd.DataFrame) -> Boosters:
    """Two boosters of the table whose answer needs two columns together."""
    product = forest_table["a"] * forest_table["b"].fillna(1.0)
    target = (product + forest_table["c"] > 0).to_numpy(dtype=float)
    return fit_boosters(forest_table, target, np.ones(2000), {"objective": "binary"}, (1, 2), None)
