"""Contracts at the door: what is turned away, and which payments the others come to."""

import csv
from datetime import date

import pytest

from features.errors import DataError

HEADER = "customer_id,started_at,ended_at,period_days,amount\n"


@pytest.fixture
def paid(open_tables, rows_of):
    """The days on which each customer paid, from rows of a table of contracts."""

    def days(rows, **given):
        shop = open_tables(subscriptions=HEADER + rows, **given)
        found = {}
        for row in rows_of(shop.purchases, "day"):
            found.setdefault(row["customer_id"], []).append(str(row["day"]))
        return found

    return days


def test_a_running_contract_is_paid_each_period_until_the_observation_ends(paid):
    rows = "ann,2025-01-01,,30,10\n"
    assert paid(rows, observed_until="2025-03-02") == {"ann": ["2025-01-01", "2025-01-31"]}
    assert paid(rows, observed_until="2025-03-03") == {"ann": ["2025-01-01", "2025-01-31", "2025-03-02"]}


def test_a_renewal_due_on_the_day_of_the_end_was_not_paid(paid):
    ends = ("2025-01-01", "2025-01-30", "2025-01-31", "2025-02-01", "2026-01-01")
    rows = "".join(f"{end},2025-01-01,{end},30,10\n" for end in ends)
    once, twice = ["2025-01-01"], ["2025-01-01", "2025-01-31"]
    assert paid(rows, observed_until="2025-02-10") == dict(
        zip(ends, (once, once, once, twice, twice), strict=True)
    )


def test_days_are_those_of_the_shop(open_tables, rows_of):
    text = HEADER + "ann,2025-03-01T23:30:00Z,2025-07-01,30,10\n"
    shop = open_tables(subscriptions=text, observed_until="2025-05-01", timezone="Europe/Amsterdam")
    rows = rows_of(shop.purchases, "day")
    assert [str(row["day"]) for row in rows] == ["2025-03-02", "2025-04-01"]
    assert [row["contract_ended_on"] for row in rows] == [date(2025, 7, 1)] * 2
    assert len({row["order_id"] for row in rows}) == 2


def test_without_a_day_of_export_contracts_are_observed_until_the_newest_start(open_tables):
    """An end that was announced lies in the future: it cannot tell when the table was written."""
    rows = "ann,2025-01-01,2025-12-31,30,10\nbob,2025-02-03,,30,10\n"
    assert open_tables(subscriptions=HEADER + rows).observed_until == date(2025, 2, 4)


BAD = """\
,2025-01-01,,30,10 > customer_id is empty
b01,,,30,10 > started_at is empty
b02,soon,,30,10 > started_at is not a time
b03,2025-01-02,2025-01-01,30,10 > ended_at is before started_at
b04,2025-01-02,never,30,10 > ended_at is not a time
b05,2025-01-02,,,10 > period_days is empty
b06,2025-01-02,,0,10 > period_days is not a whole number of days from 1 to 3,650
b07,2025-01-02,,30.5,10 > period_days is not a whole number of days from 1 to 3,650
b08,2025-01-02,,-30,10 > period_days is not a whole number of days from 1 to 3,650
b09,2025-01-02,,9999,10 > period_days is not a whole number of days from 1 to 3,650
b10,2025-01-02,,monthly,10 > period_days is not a number
b11,2025-01-02,,30,-1 > amount is negative
b12,2025-01-02,,30,free > amount is not a number
ann,2025-01-01,2025-02-01,30,10 > started_at begins a contract that an earlier row holds already
"""


def test_contracts_that_cannot_be_are_set_aside_with_their_reasons(open_tables):
    rows = [line.split(" > ") for line in BAD.splitlines()]
    text = "".join(f"{row}\n" for row, _ in rows)
    shop = open_tables(subscriptions=f"{HEADER}ann,2025-01-01,,30,10\n{text}")
    (report,) = shop.report.tables
    assert (report.read, report.admitted, report.rejected) == (15, 1, 14)
    lines = csv.DictReader(report.quarantine.read_text().splitlines())
    told = [line["reason"].replace(": ", " ", 1) for line in lines]
    assert told == [reason for _, reason in rows]
    assert all(rejection.remedy and rejection.examples for rejection in report.rejections)


def test_several_contracts_of_a_customer_all_count(paid):
    rows = "ann,2025-01-01,2025-01-20,30,10\nann,2025-02-01,,30,10\nann,2025-02-01,,30,15\n"
    assert paid(rows, observed_until="2025-03-01") == {"ann": ["2025-01-01", "2025-02-01", "2025-02-01"]}


def test_equal_contracts_with_ids_of_their_own_are_two_and_one_id_is_one(open_tables):
    text = (
        "subscription_id,customer_id,started_at,period_days,amount\n"
        "s1,ann,2025-01-01,30,10\ns2,ann,2025-01-01,30,10\ns2,ann,2025-01-09,30,10\n"
    )
    shop = open_tables(subscriptions=text, observed_until="2025-01-10")
    (report,) = shop.report.tables
    assert report.admitted == 2
    assert [(reason.column, reason.reason) for reason in report.rejections] == [
        ("subscription_id", "repeats the id of an earlier row")
    ]
    assert set(shop.purchases.contract.to_pyarrow().to_pylist()) == {"s1", "s2"}


def test_columns_may_have_other_names_and_missing_ones_are_guessed(open_tables):
    theirs = "member,begin,cycle_days,price\nann,2025-01-01,30,10\n"
    names = {
        "customer_id": "member",
        "started_at": "begin",
        "period_days": "cycle_days",
        "amount": "price",
    }
    shop = open_tables(subscriptions=theirs, columns={"subscriptions": names})
    assert shop.purchases.count().to_pyarrow().as_py() == 1
    with pytest.raises(DataError, match=r"subscriptions\.csv has no column 'customer_id'") as told:
        open_tables(subscriptions=theirs)
    assert 'amount = "price"' in str(told.value)


def test_contracts_of_unknown_customers_are_turned_away(open_tables):
    shop = open_tables(
        subscriptions=HEADER + "ann,2025-01-01,,30,10\nbob,2025-01-01,,30,10\n",
        customers="customer_id\nann\n",
    )
    report = {table.table: table for table in shop.report.tables}["subscriptions"]
    assert [reason.reason for reason in report.rejections] == ["is not in the customers table"]


def test_orders_and_contracts_of_one_shop_stand_in_one_table(open_tables, rows_of):
    shop = open_tables(
        purchases="order_id,customer_id,ordered_at,amount,channel\no1,ann,2025-01-05,3,web\n",
        subscriptions=HEADER + "ann,2025-01-01,,30,10\n",
        observed_until="2025-01-31",
    )
    rows = rows_of(shop.purchases, "day")
    assert [(row["amount"], row["channel"], row["contract_period_days"]) for row in rows] == [
        (10.0, None, 30),
        (3.0, "web", None),
    ]


def test_a_table_without_one_usable_contract_is_refused(open_tables):
    with pytest.raises(
        DataError, match=r"subscriptions: the table holds no rows\. Export the contracts again"
    ):
        open_tables(subscriptions=HEADER)


def test_a_month_is_a_calendar_month_where_the_shop_says_so(open_tables, rows_of):
    """By 30 days, a contract from the 15th to the 15th half a year later would seem to be renewed on the 14th."""
    text = HEADER + "ann,2025-01-15,2025-07-15,30,10\nbob,2025-01-31,,31,10\ncid,2025-01-31,,7,10\n"
    shop = open_tables(subscriptions=text, observed_until="2025-08-01", calendar_months=True)
    rows = rows_of(shop.purchases, "day")
    days = {name: [str(r["day"]) for r in rows if r["customer_id"] == name] for name in ("ann", "bob", "cid")}
    assert days["ann"] == [f"2025-0{month}-15" for month in range(1, 7)]
    assert days["bob"][:4] == ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"]
    assert days["cid"][:2] == ["2025-01-31", "2025-02-07"]
    assert {row["contract_period_days"] for row in rows} == {31, 7}
