"""The pace of a shop with three customers, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from models.fallback import ShopPace, fit_shop_pace


@pytest.fixture
def features() -> pd.DataFrame:
    """A loyal customer, one who bought once long ago, and one who bought for the first time yesterday."""
    return pd.DataFrame(
        {
            "frequency": [9, 0, 0],
            "recency": [90, 0, 0],
            "T": [99, 99, 0],
            "purchase_day_count": [10, 1, 1],
            "historic_spend": [100.0, 10.0, 1.0],
        }
    )


def test_the_pace_counts_one_purchase_in_two_windows_besides_what_was_seen(features):
    pace = fit_shop_pace(features, window_days=30)
    assert pace == ShopPace(days_per_purchase=(198 + 60) / 10, spend_per_day=111 / 12)


def test_each_customer_is_between_their_own_pace_and_the_shops(features):
    pace = ShopPace(days_per_purchase=25.0, spend_per_day=9.0)
    assert pace.expected_purchases(features, 31) == pytest.approx([10 * 31 / 124, 31 / 124, 31 / 25])
    outlook = pace.outlook(features, 31)
    p_return = 1 / (1 + np.exp(-outlook["btyd_logit"]))
    assert p_return.tolist() == pytest.approx([1 - (124 / 155) ** 10, 1 - 124 / 155, 1 - 25 / 56])
    assert outlook["btyd_spend"].tolist() == pytest.approx([127 / 13, 37 / 4, 28 / 4])
    assert (outlook["btyd_clv"] == outlook["btyd_purchases"] * outlook["btyd_spend"]).all()


def test_half_of_those_who_return_have_done_so_by_the_median_wait(features):
    pace = ShopPace(days_per_purchase=25.0, spend_per_day=9.0)
    wait = pace.days_to_next_purchase(features, 90, 0.5)
    by_then = 1 - (124 / (124 + wait[0])) ** 10
    assert by_then == pytest.approx((1 - (124 / 214) ** 10) / 2)


def test_an_empty_day_of_business_still_has_a_pace():
    first_day = pd.DataFrame(
        {"frequency": [0], "recency": [0], "T": [0], "purchase_day_count": [1], "historic_spend": [0.0]}
    )
    pace = fit_shop_pace(first_day, window_days=90)
    assert pace == ShopPace(180.0, 0.0)
    assert np.isfinite(pace.outlook(first_day, 90).drop(columns="btyd_alive").to_numpy()).all()
    assert ShopPace.from_json(pace.to_json()) == pace
