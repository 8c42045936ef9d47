"""What customers did besides buying, and what was done to them."""


def test_each_kind_is_counted_by_itself_and_exposure_is_no_engagement(
    open_small_shop, features_of, assert_told
):
    shop = open_small_shop(
        [(customer, 5, 10) for customer in ("eager", "fading", "silent", "mailed")],
        [
            ("eager", 1, "session", {"duration_seconds": 60, "pages": 2}),
            ("eager", 2, "session", {"duration_seconds": 120, "pages": 3}),
            ("eager", 40, "session"),
            ("eager", 3, "referral"),
            ("fading", 31, "session", {"duration_seconds": 30, "pages": 1}),
            ("fading", 45, "session", {"duration_seconds": 30}),
            ("mailed", 3, "email_sent"),
            ("mailed", 33, "email_sent"),
            ("silent", 0, "session", {"duration_seconds": 1, "pages": 1}),
            ("never-bought", 3, "session", {"duration_seconds": 1, "pages": 1}),
        ],
    )
    features = features_of(shop)
    assert features.index.tolist() == ["eager", "fading", "mailed", "silent"]
    assert_told(
        features,
        """
        feature                              eager       fading       silent  mailed
        session__count_30d                   2           0            0       0
        session__count_60d                   3           2            0       0
        session__count_365d                  3           2            0       0
        session__days_since_last             1           31           -       -
        session__trend                       0.40546511  -1.09861229  0       0
        session__duration_seconds_30d        180         0            0       0
        session__duration_seconds_mean_365d  90          30           -       -
        session__pages_30d                   5           0            0       0
        session__pages_mean_365d             2.5         1            -       -
        referral__count_30d                  1           0            0       0
        referral__days_since_last            3           -            -       -
        engagement_count_30d                 3           0            0       0
        engagement_count_60d                 4           2            0       0
        engagement_kinds_90d                 2           1            0       0
        engagement_days_since_last           1           31           -       -
        engagement_trend                     0.69314718  -1.09861229  0       0
        email_sent__count_30d                0           0            0       1
        email_sent__count_365d               0           0            0       2
        email_sent__days_since_last          -           -            -       3
        email_sent__trend                    0           0            0       0
        """,
    )
    assert not [
        name for name in features.columns if name.startswith(("referral__pages", "email_sent__pages"))
    ]


def test_scores_and_cases_are_those_of_the_last_year(open_small_shop, features_of, assert_told):
    shop = open_small_shop(
        [(customer, 5, 10) for customer in ("content", "waiting", "silent")],
        [
            ("content", 365, "survey_nps", {"score": 10}),
            ("content", 9, "survey_nps", {"score": 7}),
            ("content", 400, "survey_nps", {"score": 0}),
            ("content", 20, "support", {"resolved_at": 19}),
            ("content", 10, "support", {"resolved_at": 7}),
            ("waiting", 3, "support", {"resolved_at": 0}),  # resolved at as_of: not known before it
            ("waiting", 2, "support"),
            ("waiting", 2.5, "support", {"resolved_at": 2}),
        ],
    )
    assert_told(
        features_of(shop),
        """
        feature                         content  waiting  silent
        survey_nps__score_mean_365d     8.5      -        -
        survey_nps__score_lowest_365d   7        -        -
        support__open_365d              0        2        0
        support__resolution_hours_365d  48       12       -
        """,
    )


def test_a_case_is_resolved_by_the_shops_own_midnight(open_small_shop, features_of, assert_told):
    # In Berlin 2026 begins an hour earlier than in UTC.
    minute = 1 / 1440
    shop = open_small_shop(
        [("early", 5, 10), ("late", 5, 10)],
        [
            ("early", 3, "support", {"resolved_at": 60 * minute + minute}),
            ("late", 3, "support", {"resolved_at": 60 * minute}),
        ],
        timezone="Europe/Berlin",
    )
    assert_told(
        features_of(shop),
        """
        feature             early  late
        support__open_365d  0      1
        """,
    )


def test_kinds_with_like_names_keep_columns_of_their_own(open_small_shop, features_of, assert_told):
    kinds = ["Web Visit", "web-visit", "engagement", "визит", "посещение", "email sent", "email_sent", "7"]
    shop = open_small_shop(
        [("visitor", 5, 10)],
        [("visitor", 3, kind) for number, kind in enumerate(kinds) for _ in range(len(kinds) - number)],
    )
    assert_told(
        features_of(shop),
        """
        feature                   visitor
        web_visit__count_30d      8
        web_visit_2__count_30d    7
        engagement__count_30d     6
        unnamed__count_30d        5
        unnamed_2__count_30d      4
        email_sent_2__count_30d   3
        email_sent__count_30d     2
        7__count_30d              1
        engagement_count_30d      34
        """,
    )


def test_twenty_kinds_have_columns_and_the_rest_still_engage(open_small_shop, features_of):
    kinds = [f"kind {number:02d}" for number in range(22)]
    shop = open_small_shop(
        [("visitor", 5, 10)],
        [("visitor", 3, kind) for kind in kinds] + [("visitor", 2, "kind 21")],
    )
    features = features_of(shop)
    counted = [name for name in features.columns if name.endswith("__count_30d")]
    assert counted == ["kind_21__count_30d"] + [f"kind_{number:02d}__count_30d" for number in range(19)]
    assert features.loc["visitor", "engagement_count_30d"] == 23
