"""What six customers did after 1 June, with a window of 30 days."""

from datetime import date

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from training.labels import label_customers

AS_OF = date(2020, 6, 1)


@pytest.fixture
def purchases():
    rows = [
        ("loyal", "2020-05-01", 10.0),
        ("loyal", "2020-06-05", 10.0),
        ("loyal", "2020-06-05", 1.0),
        ("loyal", "2020-06-20", 10.0),
        ("lapsed", "2019-01-01", 10.0),
        ("on the day", "2020-05-31", 10.0),
        ("on the day", "2020-06-01", 1.0),
        ("at the end", "2020-05-01", 10.0),
        ("at the end", "2020-07-01", 10.0),
        ("refunded", "2020-05-20", 10.0),
        ("refunded", "2020-06-02", -10.0),
        ("future-only", "2020-06-10", 10.0),
    ]
    log = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    log["day"] = pd.to_datetime(log["day"])
    return ibis.memtable(pa.Table.from_pandas(log)).mutate(day=ibis._.day.date())


def test_each_customer_known_before_the_date_has_one_row(purchases):
    labels = label_customers(purchases, AS_OF, 30).order_by("customer_id").to_pyarrow().to_pandas()
    expected = pd.DataFrame(
        [
            ("at the end", 0, 0.0, float("nan")),  # 1 July is the first day after the window
            ("lapsed", 0, 0.0, float("nan")),
            ("loyal", 2, 21.0, 4.0),  # two orders on one day are one purchase day
            ("on the day", 1, 1.0, 0.0),  # a purchase on the as_of day belongs to the label
            ("refunded", 0, -10.0, float("nan")),  # a refund is no return
        ],
        columns=["customer_id", "purchase_days", "spend", "next_purchase_days"],
    )
    pd.testing.assert_frame_equal(labels, expected, check_dtype=False)


def test_a_customer_first_seen_in_the_window_is_not_asked_about(purchases):
    assert "future-only" not in set(
        label_customers(purchases, AS_OF, 30).customer_id.to_pyarrow().to_pandas()
    )


def test_a_longer_window_holds_what_a_shorter_one_holds(purchases):
    thirty = (
        label_customers(purchases, AS_OF, 30).to_pyarrow().to_pandas().set_index("customer_id").sort_index()
    )
    sixty = (
        label_customers(purchases, AS_OF, 60).to_pyarrow().to_pandas().set_index("customer_id").sort_index()
    )
    assert (sixty.purchase_days >= thirty.purchase_days).all()
    assert sixty.loc["at the end", "spend"] == 10.0
