"""What customers did last, as of New Year's Day 2026."""

from datetime import date

import pytest

from features.timeline import timeline

HEADER = ("customer_id", "part", "day", "kind", "events", "amount")


@pytest.fixture(scope="module")
def shop(open_small_shop):
    return open_small_shop(
        [
            ("loyal", 1, 10.0),
            ("loyal", 1.25, 5.0),
            ("loyal", 3, -4.0),
            ("loyal", 40, 10.0),
            ("loyal", 0, 99.0),
            ("future", -1, 10.0),
            ("objector", 2, 10.0),
        ],
        [
            ("loyal", 2, "session"),
            ("loyal", 2.5, "session"),
            ("loyal", 2, "email_sent"),
            ("loyal", 180, "email_open"),
            ("loyal", 181, "email_click"),
            ("loyal", 0, "email_click"),
            ("future", 0, "session"),
            ("objector", 2, "session"),
        ],
        [("loyal", {"opted_out": None}), ("objector", {"opted_out": True}), ("future", {"opted_out": False})],
    )


def rows(shop, as_of, most):
    return [
        tuple(row[name] for name in HEADER) for row in timeline(shop, as_of, most).to_pyarrow().to_pylist()
    ]


def test_the_newest_days_of_each_kind_and_nothing_at_or_after_as_of(shop, as_of):
    assert rows(shop, as_of, 2) == [
        ("loyal", "purchase", date(2025, 12, 31), "purchase", 1, 10.0),
        ("loyal", "purchase", date(2025, 12, 30), "purchase", 1, 5.0),
        ("loyal", "interaction", date(2025, 12, 30), "email_sent", 1, None),
        ("loyal", "interaction", date(2025, 12, 30), "session", 1, None),
        ("loyal", "lately", None, "email_open", 1, None),
        ("loyal", "lately", None, "session", 2, None),
    ]


def test_a_refund_is_told_as_one_and_all_days_are_there_where_they_are_few(shop, as_of):
    bought = [row[2:] for row in rows(shop, as_of, 10) if row[1] == "purchase"]
    assert bought == [
        (date(2025, 12, 31), "purchase", 1, 10.0),
        (date(2025, 12, 30), "purchase", 1, 5.0),
        (date(2025, 12, 29), "refund", 1, -4.0),
        (date(2025, 11, 22), "purchase", 1, 10.0),
    ]


def test_who_objects_to_profiling_and_who_did_nothing_yet_have_none(shop, as_of):
    assert {row[0] for row in rows(shop, as_of, 10)} == {"loyal"}
    # Two days later the day of as_of is past, and who bought on it has a time line too.
    assert {row[0] for row in rows(shop, date(2026, 1, 3), 10)} == {"loyal", "future"}


def test_a_shop_of_purchases_alone_has_time_lines_of_purchases(open_small_shop, as_of):
    alone = open_small_shop([("one-time", 5, 10.0)])
    assert rows(alone, as_of, 3) == [("one-time", "purchase", date(2025, 12, 27), "purchase", 1, 10.0)]
