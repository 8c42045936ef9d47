"""The summary against lifetimes' own, on the CDNOW sample that lifetimes ships."""

import warnings
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.build import build_features
from features.plan import plan_features


@pytest.fixture(scope="module")
def lifetimes():
    # Importing it switches off a warning of pandas for everybody, by an option that pandas deprecates.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chained = pd.get_option("mode.chained_assignment")
        import lifetimes.utils

    yield lifetimes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pd.set_option("mode.chained_assignment", chained)


@pytest.fixture(scope="module")
def cdnow(lifetimes):
    """One row per order, zero amounts and several orders a day among them."""
    path = Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt"
    names = ["number_in_all", "customer_id", "day", "quantity", "amount"]
    log = pd.read_csv(path, sep=r"\s+", header=None, names=names, dtype={"customer_id": str, "day": str})
    return log.assign(day=pd.to_datetime(log["day"]))


@pytest.mark.parametrize("as_of", [date(1997, 3, 1), date(1997, 10, 1), date(1998, 7, 1)])
def test_summary_equals_that_of_lifetimes(lifetimes, cdnow, as_of, open_small_shop):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = lifetimes.utils.summary_data_from_transaction_data(
            cdnow.copy(),
            "customer_id",
            "day",
            "amount",
            observation_period_end=str(as_of - timedelta(days=1)),
        ).sort_index()
    # lifetimes says 0 where nobody has come back; Tenure says that it does not know.
    expected.loc[expected["frequency"] == 0, "monetary_value"] = float("nan")
    days_ago = (pd.Timestamp(2026, 1, 1) - cdnow["day"]).dt.days
    shop = open_small_shop(zip(cdnow["customer_id"], days_ago.tolist(), cdnow["amount"], strict=True))
    plan = plan_features(shop, as_of, 180, [])
    table = build_features(shop.purchases, None, None, as_of, plan)
    features = table.to_pyarrow().to_pandas().set_index("customer_id").sort_index()
    assert len(features) == len(expected) > 1000
    pd.testing.assert_frame_equal(
        features[expected.columns].astype("float64"), expected, check_names=False, rtol=1e-12
    )
