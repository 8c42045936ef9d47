"""Six customers and what was known of their purchases on New Year's Day 2026."""

import pytest

LIVES = [
    # loyal: 10 every ten days, five times, and 40 the last time
    *(("loyal", days_ago, 10) for days_ago in (60, 50, 40, 30, 20)),
    ("loyal", 10, 40),
    # lapsed: twice, ten days apart, ten months ago
    ("lapsed", 306, 10),
    ("lapsed", 296, 20),
    ("one-time", 90, 10),
    # new: two orders on the eve, one of them free
    ("new", 1, 10),
    ("new", 0.5, 0),
    # refunded: bought for 10 and for 1, and got the 10 back between the two
    ("refunded", 20, 10),
    ("refunded", 15, -10),
    ("refunded", 14, 1),
    # future-only: buys at the stroke of midnight, and on
    ("future-only", 0, 10),
    ("future-only", -5, 10),
    # And one who is no customer yet: a refund alone is not a purchase.
    ("stranger", 5, -10),
]


@pytest.fixture(scope="module")
def features(open_small_shop, features_of):
    return features_of(open_small_shop(LIVES))


def test_one_row_per_customer_with_a_purchase_before_as_of(features):
    assert features.index.tolist() == ["lapsed", "loyal", "new", "one-time", "refunded"]


def test_every_feature_of_the_five_is_as_told(features, assert_told):
    # The shop's typical gap is the geometric mean of 10, 10 and 6: 8.43 days, taken twice in the silence.
    expected = """
        feature                   loyal      lapsed     one-time   new        refunded
        frequency                 5          1          0          0          1
        recency                   50         10         0          0          6
        T                         59         305        89         0          19
        monetary_value            16         20         -          -          1
        days_since_last_purchase  10         296        90         1          14
        purchase_count            6          2          1          2          2
        purchase_day_count        6          2          1          1          2
        orders_per_day            1          1          1          2          1
        purchases_first_30d       3          2          1          1          2
        historic_spend            90         30         10         10         1
        gross_spend               90         30         10         10         11
        refund_count              0          0          0          0          1
        refund_amount             0          0          0          0          10
        purchase_days_7d          0          0          0          1          0
        orders_7d                 0          0          0          2          0
        spend_7d                  0          0          0          10         0
        refunds_7d                0          0          0          0          0
        purchase_days_30d         3          0          0          1          2
        orders_30d                3          0          0          2          2
        spend_30d                 60         0          0          10         1
        refunds_30d               0          0          0          0          1
        purchase_days_60d         6          0          0          1          2
        orders_60d                6          0          0          2          2
        spend_60d                 90         0          0          10         1
        refunds_60d               0          0          0          0          1
        purchase_days_90d         6          0          1          1          2
        orders_90d                6          0          1          2          2
        spend_90d                 90         0          10         10         1
        refunds_90d               0          0          0          0          1
        purchase_days_180d        6          0          1          1          2
        orders_180d               6          0          1          2          2
        spend_180d                90         0          10         10         1
        refunds_180d              0          0          0          0          1
        purchase_days_365d        6          2          1          1          2
        orders_365d               6          2          1          2          2
        spend_365d                90         30         10         10         1
        refunds_365d              0          0          0          0          1
        purchase_days_season      0          0          0          0          0
        spend_season              0          0          0          0          0
        purchase_rate_ew_30d      0.07285453 0.00000297 0.00165957 0.03224054 0.03801687
        purchase_rate_ew_90d      0.04600510 0.00078521 0.00408755 0.01098834 0.01840752
        purchase_rate_ew_360d     0.01513959 0.00240797 0.00216334 0.00277007 0.00529949
        purchase_trend            0          0          0          0.69314718 1.09861229
        gap_mean_days             10         10         -          -          6
        gap_std_days              0          -          -          -          -
        gap_max_days              10         10         -          -          6
        gap_last_days             10         10         -          -          6
        silence_log_ratio         0.04589436 3.49833355 2.36801290 -2.1317968 0.60828096
        silence_gap_share         0          1          -          -          1
        silence_to_max_gap        1          29.6       -          -          2.33333333
        regularity                1          -          -          -          -
        amount_mean               15         15         10         10         5.5
        amount_std                12.2474487 7.07106781 -          -          6.36396103
        first_amount              10         10         10         10         10
        amount_last               40         20         10         10         1
        amount_max                40         20         10         10         10
        amount_trend              0.28571429 0.66666667 -          -          -1.63636364
        as_of_month               1          1          1          1          1
        as_of_year_sin            0          0          0          0          0
        as_of_year_cos            1          1          1          1          1
        season_purchase_share     -          -          -          -          -
        """
    assert [line.split()[0] for line in expected.split("\n")[2:-1]] == features.columns.tolist()
    assert_told(features, expected)


def test_season_is_that_of_the_days_to_come(open_small_shop, features_of, assert_told):
    # The 30 days from 1 January on last began 365 and before that 730 days ago; 336 days ago was their last.
    shop = open_small_shop(
        [
            *(("january", days_ago, 10) for days_ago in (730, 365, 336, 180)),
            *(("december", days_ago, 10) for days_ago in (366, 335, 1)),
            ("young", 364, 10),
        ]
    )
    assert_told(
        features_of(shop),
        """
        feature                january  december  young
        purchase_days_season   2        0         1
        spend_season           20       0         10
        season_purchase_share  0.75     0         -
        """,
    )


def test_an_as_of_before_the_first_purchase_knows_nobody(open_small_shop, features_of):
    features = features_of(open_small_shop([("future-only", -5, 10)], [("future-only", -5, "session")]))
    assert len(features) == 0
    assert not [name for name in features.columns if name.startswith("session")]


def test_baskets_are_told_by_orders_not_by_refunds(open_small_shop, features_of, assert_told):
    cells = {"quantity": 2, "discount": 0, "category": "tea", "channel": "web", "is_guest": True}
    shop = open_small_shop(
        [
            ("told", 9, 10, cells),
            ("told", 8, 10, {**cells, "quantity": 5, "discount": 3, "is_guest": False}),
            ("told", 7, 10, {"category": "pots", "channel": "shop floor"}),
            ("told", 6, -10, {"quantity": 100, "category": "cups", "channel": "web", "is_guest": True}),
            ("untold", 5, 10),
        ]
    )
    assert_told(
        features_of(shop),
        """
        feature                  told        untold
        items_per_order          3.5         -
        discount_mean            1.5         -
        discounted_order_share   0.5         -
        guest_order_share        0.5         -
        web__order_share         0.66666667  -
        shop_floor__order_share  0.33333333  -
        category_count           2           0
        category_top_share       0.66666667  -
        """,
    )
