"""What the customers table tells of a customer."""

from datetime import date

from features.build import build_features
from features.catalog import describe
from features.plan import plan_features


def test_attributes_are_told_level_by_level(open_small_shop, features_of, assert_told):
    # Twenty-one towns; the first has two customers, so the last in the alphabet is the uncommon one.
    towns = [f"town-{number:02d}" for number in range(21)]
    shop = open_small_shop(
        [(name, 5, 10) for name in (*towns, "twin", "homeless", "unlisted")],
        customers=[
            *((town, {"home": town}) for town in towns),
            ("twin", {"home": "town-00"}),
            ("homeless", {"home": None}),
            ("never-bought", {"home": "nowhere"}),
        ],
    )
    features = features_of(shop, attributes=["home"])
    assert_told(
        features,
        """
        feature                  twin  town-19  town-20  homeless  unlisted
        customer__home__town_00  1     0        0        0         0
        customer__home__town_19  0     1        0        0         0
        customer__home__other    0     0        1        0         0
        customer__home__missing  0     0        0        1         1
        """,
    )
    assert "customer__home__town_20" not in features.columns
    assert "customer__home__nowhere" not in features.columns


def test_a_sign_up_counts_from_its_day_and_not_before_it_happened(open_small_shop, features_of, assert_told):
    shop = open_small_shop(
        [(name, 5, 10) for name in ("early", "same-day", "late", "tomorrow", "unlisted")],
        customers=[
            ("early", {"signed_up_at": 6.5}),
            ("same-day", {"signed_up_at": 4.2}),
            ("late", {"signed_up_at": 0.1}),
            ("tomorrow", {"signed_up_at": 0}),
        ],
    )
    assert_told(
        features_of(shop),
        """
        feature                         early  same-day  late  tomorrow  unlisted
        days_since_sign_up              7      5         1     -         -
        sign_up_to_first_purchase_days  2      0         -4    -         -
        """,
    )


def test_what_is_not_given_any_more_is_read_as_empty(open_small_shop, assert_told):
    shop = open_small_shop(
        [("known", 5, 10, {"quantity": 2})],
        [("known", 3, "session", {"pages": 2})],
        [("known", {"home": "here", "signed_up_at": 9})],
    )
    as_of = date(2026, 1, 1)
    plan = plan_features(shop, as_of, 30, ["home"])
    bare = open_small_shop([("known", 5, 10)])
    table = build_features(bare.purchases, None, None, as_of, plan).to_pyarrow().to_pandas()
    assert table.columns.tolist() == ["customer_id", *(feature.name for feature in describe(plan))]
    assert_told(
        table.set_index("customer_id"),
        """
        feature                   known
        items_per_order           -
        session__count_30d        0
        session__pages_mean_365d  -
        engagement_count_30d      0
        customer__home__here      0
        customer__home__missing   1
        days_since_sign_up        -
        """,
    )
