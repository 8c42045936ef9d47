"""What six customers' history can support, told as of a day."""

from datetime import date, timedelta

import pytest

from features.churn_window import backtest_dates, gap_quantiles, propose_churn_window
from features.errors import DataError
from features.profile import profile_shop

AS_OF = date(2024, 7, 1)
LOG = """order_id,customer_id,ordered_at,amount
1,loyal,2024-01-01,10
2,loyal,2024-01-31,10
3,loyal,2024-03-01,10
4,loyal,2024-03-01,1
5,lapsed,2024-01-01,10
6,lapsed,2024-01-11,1
7,one-time,2024-02-01,10
8,refunded,2024-02-01,10
9,refunded,2024-02-03,-10
10,new,2024-06-30,10
11,future-only,2024-07-01,10
"""


def shop_with_gaps(open_tables, gap, days):
    """One customer who buys every `gap` days, for so many days."""
    first = date(2020, 1, 1)
    orders = [f"{n},A,{first + timedelta(days=n)},1\n" for n in range(0, days, gap)]
    return open_tables(purchases="order_id,customer_id,ordered_at,amount\n" + "".join(orders)), first


def test_a_shop_is_described_as_of_a_day(open_tables):
    profile = profile_shop(open_tables(purchases=LOG), 30, AS_OF)
    assert (profile.first_day, profile.last_day, profile.span_days) == (
        date(2024, 1, 1),
        date(2024, 6, 30),
        182,
    )
    assert (profile.customers, profile.orders, profile.refunds, profile.spend) == (5, 9, 1, 62.0)
    assert profile.one_time_share == 3 / 5
    # loyal waited 30 and 30 days, lapsed 10; two orders on one day are one purchase day
    assert profile.gap_quantiles == {0.1: 14.0, 0.25: 20.0, 0.5: 30.0, 0.75: 30.0, 0.9: 30.0}
    assert profile.proposed_churn_window_days == 30
    assert profile.churn_window_days == 30
    assert profile.backtest_dates == (date(2024, 6, 1), date(2024, 5, 2), date(2024, 4, 2), date(2024, 3, 3))


def test_what_the_shop_could_add_is_named_with_its_use(open_tables):
    visits = "customer_id,occurred_at,kind,pages\nloyal,2024-01-02,session,3\nnew,2024-08-01,session,1\n"
    log = LOG.replace("amount\n", "amount,channel\n").replace(",10\n", ",10,web\n").replace(",1\n", ",1,\n")
    log = log.replace(",-10\n", ",-10,\n")
    profile = profile_shop(open_tables(purchases=log, interactions=visits), "auto", AS_OF)
    assert profile.events_by_kind == {"session": 1}
    assert "purchases.channel" not in profile.not_given
    assert profile.not_given["purchases.quantity"] == "items per order"
    assert profile.not_given["interactions.score"] == "answers to surveys and reviews"
    assert profile.not_given["customers"].startswith("attributes")
    assert "interactions" not in profile.not_given


def test_features_that_have_no_value_for_anybody_are_named(open_tables):
    one_each = "order_id,customer_id,ordered_at,amount\n1,A,2024-01-01,1\n2,B,2024-02-01,1\n"
    assert "gap_mean_days" in profile_shop(open_tables(purchases=one_each), 30, AS_OF).empty_features
    assert "gap_mean_days" not in profile_shop(open_tables(purchases=LOG), 30, AS_OF).empty_features


def test_customers_who_object_are_counted(open_tables):
    customers = "customer_id,opted_out\nloyal,yes\nnew,no\n"
    shop = open_tables(purchases=LOG, customers=customers, unknown_customers="keep")
    assert profile_shop(shop, 30, AS_OF).opted_out == 1


def test_a_day_before_the_first_purchase_is_told(open_tables):
    with pytest.raises(DataError, match="no purchase before 2024-01-01; the first is of 2024-01-01"):
        profile_shop(open_tables(purchases=LOG), 30, date(2024, 1, 1))


def test_a_shop_of_refunds_is_told(open_tables):
    log = "order_id,customer_id,ordered_at,amount\n1,A,2024-01-01,-1\n"
    with pytest.raises(DataError, match="the table holds refunds only"):
        profile_shop(open_tables(purchases=log), 30, AS_OF)


@pytest.mark.parametrize(
    ("gap", "window"), [(1, 7), (8, 7), (20, 14), (21, 30), (80, 90), (160, 180), (900, 365)]
)
def test_the_window_is_the_usual_one_nearest_to_nine_tenths_of_the_gaps(open_tables, gap, window):
    shop, first = shop_with_gaps(open_tables, gap, 3000)
    assert propose_churn_window(shop.purchases, first + timedelta(days=3000)) == window


def test_a_window_leaves_room_for_a_backtest(open_tables):
    shop, first = shop_with_gaps(open_tables, 90, 365)
    assert propose_churn_window(shop.purchases, first + timedelta(days=365)) == 90
    assert propose_churn_window(shop.purchases, first + timedelta(days=200)) == 60
    assert propose_churn_window(shop.purchases, first + timedelta(days=10)) == 7


def test_what_happens_later_moves_no_window(open_tables):
    before = "order_id,customer_id,ordered_at,amount\n" + "".join(
        f"{n},A,{date(2020, 1, 1) + timedelta(days=n)},1\n" for n in range(0, 600, 30)
    )
    after = "".join(f"later-{n},A,{date(2022, 1, 1) + timedelta(days=n)},1\n" for n in range(100))
    known, all_of_it = open_tables(purchases=before), open_tables(purchases=before + after)
    as_of = date(2022, 1, 1)
    assert propose_churn_window(all_of_it.purchases, as_of) == 30
    assert propose_churn_window(known.purchases, as_of) == 30
    assert gap_quantiles(all_of_it.purchases, as_of) == gap_quantiles(known.purchases, as_of)


def test_nobody_who_came_back_means_no_gaps(open_tables):
    shop = open_tables(
        purchases="order_id,customer_id,ordered_at,amount\n1,A,2020-01-01,1\n2,B,2020-01-02,1\n"
    )
    assert gap_quantiles(shop.purchases, AS_OF) == {}
    assert propose_churn_window(shop.purchases, AS_OF) == 90


@pytest.mark.parametrize(
    ("days", "window", "dates"),
    [
        (365, 90, 2),
        (225, 90, 1),
        (224, 90, 0),
        (365, 180, 0),
        (450, 180, 1),
        (95, 30, 1),
        (30, 30, 0),
        (800, 365, 0),
    ],
)
def test_a_backtest_date_needs_a_window_after_it_and_one_and_some_history_before(days, window, dates):
    first = date(2020, 1, 1)
    found = backtest_dates(first, first + timedelta(days=days), window)
    assert len(found) == dates
    assert all((first + timedelta(days=days) - day).days % window == 0 for day in found)
