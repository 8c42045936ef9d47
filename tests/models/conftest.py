"""CDNOW's sample and the textbook's own code, which the purchase models are held against."""

import warnings
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest


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
