"""Six customers come to the door, and much that only looks like one."""

import csv
from datetime import date, datetime

import pytest

from features.door.open import DataSettings, open_shop
from features.errors import DataError

PURCHASES = """order_id,customer_id,ordered_at,amount,channel
1,loyal,2024-01-05,10,web
2,loyal,2024-02-05T10:30:00+01:00,10,shop
3,lapsed,2023-01-05 09:00,1,web
4,one-time,2024-03-01,1,
5,new,2024-03-30T23:59:59Z,10,web
6,refunded,2024-01-10,10,web
7,refunded,2024-01-12,-10,web
8,future-only,2025-01-01,1,web
"""


def reasons(shop, table="purchases"):
    (report,) = (report for report in shop.report.tables if report.table == table)
    return {(found.column, found.reason): found.rows for found in report.rejections}


def counts(shop, table="purchases"):
    (report,) = (report for report in shop.report.tables if report.table == table)
    return report.read, report.admitted, report.rejected


def one_bad_row(**cells):
    """The log above, whose last row has these cells instead of good ones."""
    row = {"order_id": "9", "customer_id": "loyal", "ordered_at": "2024-03-01", "amount": "1", "channel": ""}
    return PURCHASES + ",".join((row | cells).values()) + "\n"


def test_clean_tables_pass_as_they_are(open_tables, rows_of):
    shop = open_tables(purchases=PURCHASES)
    at = [
        datetime(2024, 1, 5),
        datetime(2024, 2, 5, 9, 30),
        datetime(2023, 1, 5, 9),
        datetime(2024, 3, 1),
        datetime(2024, 3, 30, 23, 59, 59),
        datetime(2024, 1, 10),
        datetime(2024, 1, 12),
        datetime(2025, 1, 1),
    ]
    customers = ["loyal", "loyal", "lapsed", "one-time", "new", "refunded", "refunded", "future-only"]
    amounts = [10.0, 10.0, 1.0, 1.0, 10.0, 10.0, -10.0, 1.0]
    channels = ["web", "shop", "web", None, "web", "web", "web", "web"]
    assert rows_of(shop.purchases, "order_id") == [
        {
            "order_id": str(number),
            "customer_id": customer,
            "ordered_at": moment,
            "amount": amount,
            "channel": channel,
            "day": moment.date(),
        }
        for number, (customer, moment, amount, channel) in enumerate(
            zip(customers, at, amounts, channels, strict=True), start=1
        )
    ]
    assert counts(shop) == (8, 8, 0)
    assert shop.interactions is None
    assert shop.customers is None


STAND_IN = "is 1970-01-01 00:00, the usual stand-in for no time"
BAD_ROWS = {
    "no customer": ({"customer_id": ""}, "customer_id: is empty"),
    "a blank customer": ({"customer_id": "   "}, "customer_id: is empty"),
    "an invisible customer": ({"customer_id": "\u00a0\u200b"}, "customer_id: is empty"),
    "a long customer": ({"customer_id": "x" * 10_000}, "customer_id: is longer than 200 characters"),
    "a bell in the id": ({"customer_id": "a\x07b"}, "customer_id: holds control characters"),
    "a line break in the id": ({"customer_id": '"a\nb"'}, "customer_id: holds control characters"),
    "no order": ({"order_id": ""}, "order_id: is empty"),
    "no time": ({"ordered_at": ""}, "ordered_at: is empty"),
    "day first": ({"ordered_at": "31/01/2024"}, "ordered_at: is not a time"),
    "month in words": ({"ordered_at": "Jan 31 2024"}, "ordered_at: is not a time"),
    "no such day": ({"ordered_at": "2023-02-29"}, "ordered_at: is not a time"),
    "seconds": ({"ordered_at": "1706659200"}, "ordered_at: is not a time"),
    "year 9999": ({"ordered_at": "9999-12-31"}, "ordered_at: is before 1970 or after 2200"),
    "before 1970": ({"ordered_at": "1969-12-31T23:59:59"}, "ordered_at: is before 1970 or after 2200"),
    "epoch 0": ({"ordered_at": "1970-01-01"}, f"ordered_at: {STAND_IN}"),
    "no amount": ({"amount": ""}, "amount: is empty"),
    "n/a": ({"amount": "n/a"}, "amount: is not a number"),
    "decimal comma": ({"amount": '"1,50"'}, "amount: is not a number"),
    "NaN": ({"amount": "NaN"}, "amount: is not finite"),
    "infinity": ({"amount": "-inf"}, "amount: is not finite"),
    "1e300": ({"amount": "1e300"}, "amount: is beyond 1,000,000,000,000"),
    "beyond a float": ({"amount": "1e99999"}, "amount: is beyond 1,000,000,000,000"),
    "400 digits": ({"amount": "9" * 400}, "amount: is beyond 1,000,000,000,000"),
    "the order of another row": ({"order_id": "3"}, "order_id: repeats the id of an earlier row"),
}
ODD_IDS = [
    "007",
    "1e5",
    "NULL",
    "true",
    "../..",
    "a b ",
    "O'Brien;--",
    "e\u0301",
    "عميل",
    "客户",
    "👩‍👩‍👧",
    "=1+1",
]


@pytest.fixture(scope="module")
def odd_shop(tmp_path_factory):
    """The log above with all of the rows that are bad or merely odd: the shop, and its quarantine's rows."""
    folder = tmp_path_factory.mktemp("odd")
    good = {"customer_id": "loyal", "ordered_at": "2024-03-01", "amount": "1", "channel": ""}
    rows = [{"order_id": f"bad-{n}"} | good | cells for n, (cells, _) in enumerate(BAD_ROWS.values())]
    rows += [{"order_id": f"odd-{n}"} | good | {"customer_id": name} for n, name in enumerate(ODD_IDS)]
    log = PURCHASES + "".join(",".join(row.values()) + "\n" for row in rows)
    (folder / "purchases.csv").write_text(log, encoding="utf-8")
    settings = DataSettings(purchases="purchases.csv", quarantine="rejected", max_rejected_share=1)
    shop = open_shop(settings, folder)
    with (folder / "rejected" / "purchases.csv").open(encoding="utf-8", newline="") as quarantine:
        return shop, list(csv.DictReader(quarantine))


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_row_that_cannot_be_used_is_set_aside_with_its_reason(odd_shop, bad):
    _, quarantined = odd_shop
    assert quarantined[list(BAD_ROWS).index(bad)]["reason"] == BAD_ROWS[bad][1]


def test_every_row_is_either_admitted_or_set_aside(odd_shop):
    shop, quarantined = odd_shop
    assert len(quarantined) == len(BAD_ROWS)
    assert counts(shop) == (8 + len(BAD_ROWS) + len(ODD_IDS), 8 + len(ODD_IDS), len(BAD_ROWS))
    assert sum(reasons(shop).values()) == len(BAD_ROWS)


def test_rows_are_counted_as_in_the_file_whose_header_is_row_1(odd_shop):
    _, quarantined = odd_shop
    assert [int(row["row"]) for row in quarantined] == list(range(10, 10 + len(BAD_ROWS)))


def test_ids_of_any_alphabet_stay_as_they_are(odd_shop):
    shop, _ = odd_shop
    assert set(ODD_IDS) <= set(shop.purchases.to_pyarrow()["customer_id"].to_pylist())


def test_ids_that_passed_through_a_float_are_whole_again(open_tables, rows_of):
    log = """order_id,customer_id,ordered_at,amount
1,17850.0,2024-01-01,1
2,17850,2024-01-02,1
3,00.0,2024-01-02,1
"""
    shop = open_tables(purchases=log)
    assert [row["customer_id"] for row in rows_of(shop.purchases, "order_id")] == ["17850", "17850", "00.0"]
    assert shop.report.tables[0].notes == (
        "purchases.customer_id: 1 ids are written as fractions, such as 17850.0, and read as 17850.",
    )


def test_of_orders_with_one_id_the_earliest_stays(open_tables, rows_of):
    log = """order_id,customer_id,ordered_at,amount
1,A,2024-01-02,2
1,A,2024-01-01,1
1,A,2024-01-01,3
"""
    shop = open_tables(purchases=log)
    assert [row["amount"] for row in rows_of(shop.purchases, "order_id")] == [1.0]
    assert reasons(shop) == {("order_id", "repeats the id of an earlier row"): 2}


def test_a_refund_may_carry_the_id_of_its_order(open_tables):
    log = "order_id,customer_id,ordered_at,amount\n1,A,2024-01-01,10\n1,A,2024-01-05,-10\n"
    assert open_tables(purchases=log).purchases.amount.sum().to_pyarrow().as_py() == 0


def test_a_file_sent_twice_changes_nothing(open_tables, rows_of):
    once = rows_of(open_tables(purchases=PURCHASES).purchases, "order_id")
    doubled = PURCHASES + PURCHASES.split("\n", 1)[1]
    assert rows_of(open_tables(purchases=doubled).purchases, "order_id") == once


def test_amounts_in_two_currencies_are_never_added(open_tables):
    log = """order_id,customer_id,ordered_at,amount,currency
1,A,2024-01-01,1,EUR
2,A,2024-01-01,1,usd
3,A,2024-01-01,1,eur
"""
    with pytest.raises(DataError, match=r"2 currencies: EUR \(2 rows\), USD \(1 rows\).*Convert"):
        open_tables(purchases=log)


def test_a_missing_currency_is_the_one_that_is_named(open_tables):
    log = "order_id,customer_id,ordered_at,amount,currency\n1,A,2024-01-01,1,EUR\n2,A,2024-01-02,1,\n"
    shop = open_tables(purchases=log)
    assert counts(shop) == (2, 2, 0)
    assert "currency" not in shop.purchases.columns
    assert "1 rows name none" in shop.report.tables[0].notes[0]


def test_too_many_rejected_rows_stop_everything(open_tables, tmp_path):
    with pytest.raises(DataError) as stopped:
        open_tables(purchases=one_bad_row(amount="n/a"), max_rejected_share=0.1)
    sentence = str(stopped.value)
    assert "1 of 9 rows (11.1%) are rejected, more than [data] max_rejected_share = 0.1" in sentence
    assert "purchases.amount is not a number in 1 row (row 10: 'n/a'). Write numbers plainly" in sentence
    assert str(tmp_path / "rejected" / "purchases.csv") in sentence
    (reason,) = stopped.value.reasons
    assert (reason.table, reason.column, reason.rows) == ("purchases", "amount", 1)
    assert reason.examples == ("row 10: 'n/a'",)


def test_a_share_that_is_just_allowed_passes(open_tables):
    shop = open_tables(purchases=one_bad_row(amount="n/a"), max_rejected_share=1 / 9)
    assert counts(shop) == (9, 8, 1)


def test_three_formats_in_one_column_are_not_guessed_at(open_tables):
    log = """order_id,customer_id,ordered_at,amount
1,A,2024-01-31,1
2,A,31/01/2024,1
3,A,01-31-2024,1
"""
    with pytest.raises(DataError, match=r'\[data.time_formats.purchases\] ordered_at = "%d/%m/%Y"'):
        open_tables(purchases=log, max_rejected_share=0.01)


def test_a_format_of_the_shop_is_read_when_it_is_named(open_tables, rows_of):
    log = "order_id,customer_id,ordered_at,amount\n1,A,31/01/2024,1\n2,A,1/2/2024,1\n3,A,31/02/2024,1\n"
    shop = open_tables(purchases=log, time_formats={"purchases": {"ordered_at": "%d/%m/%Y"}})
    assert [row["day"] for row in rows_of(shop.purchases, "order_id")] == [
        date(2024, 1, 31),
        date(2024, 2, 1),
    ]
    assert reasons(shop) == {("ordered_at", "is not a time"): 1}


def test_days_are_those_of_the_shop(open_tables, rows_of):
    log = """order_id,customer_id,ordered_at,amount
1,A,2024-01-31T03:00:00,1
2,A,2024-01-31T23:00:00-05:00,1
3,A,2024-01-31,1
"""
    shop = open_tables(purchases=log, timezone="America/New_York")
    assert [(row["ordered_at"], row["day"]) for row in rows_of(shop.purchases, "order_id")] == [
        (datetime(2024, 1, 31, 3), date(2024, 1, 30)),  # without a zone it is UTC
        (datetime(2024, 2, 1, 4), date(2024, 1, 31)),
        (datetime(2024, 1, 31, 5), date(2024, 1, 31)),  # a day is the shop's own
    ]


def test_a_table_without_rows_is_told(open_tables):
    with pytest.raises(DataError, match="purchases: the table holds no rows"):
        open_tables(purchases="order_id,customer_id,ordered_at,amount\n")


def test_a_table_with_no_usable_row_is_told(open_tables):
    with pytest.raises(DataError, match="no usable row among 1"):
        open_tables(purchases="order_id,customer_id,ordered_at,amount\n1,,2024-01-01,1\n")


def test_one_customer_with_refunds_only_passes(open_tables):
    shop = open_tables(purchases="order_id,customer_id,ordered_at,amount\n1,A,2024-01-01,-1\n")
    assert counts(shop) == (1, 1, 0)


def test_interactions_are_checked_alike(open_tables, rows_of):
    log = """interaction_id,customer_id,occurred_at,kind,score,resolved_at
1,loyal,2024-01-01T10:00:00,support,,2024-01-02T10:00:00
1,loyal,2024-01-01T10:00:00,support,,2024-01-02T10:00:00
,loyal,2024-01-03,moon_landing,,
,loyal,2024-01-03,moon_landing,,
,loyal,2024-01-03,,,
,loyal,2024-01-03,survey_nps,ten,
,loyal,2024-01-03,support,,soon
"""
    shop = open_tables(purchases=PURCHASES, interactions=log)
    assert [row["kind"] for row in rows_of(shop.interactions, "kind")] == [
        "moon_landing",
        "moon_landing",
        "support",
    ]
    assert reasons(shop, "interactions") == {
        ("interaction_id", "repeats the id of an earlier row"): 1,
        ("kind", "is empty"): 1,
        ("score", "is not a number"): 1,
        ("resolved_at", "is not a time"): 1,
    }


def test_interactions_may_be_none_at_all(open_tables):
    shop = open_tables(purchases=PURCHASES, interactions="customer_id,occurred_at,kind\n")
    assert shop.interactions.count().to_pyarrow().as_py() == 0


@pytest.mark.parametrize(
    ("cell", "flag"), [("true", True), ("Yes", True), ("1", True), ("F", False), ("0", False), ("", None)]
)
def test_flags_are_read_as_people_write_them(open_tables, cell, flag):
    log = f"order_id,customer_id,ordered_at,amount,is_guest\n1,A,2024-01-01,1,{cell}\n"
    assert open_tables(purchases=log).purchases.to_pyarrow()["is_guest"].to_pylist() == [flag]


def test_a_flag_that_says_neither_is_set_aside(open_tables):
    log = "order_id,customer_id,ordered_at,amount,is_guest\n1,A,2024-01-01,1,perhaps\n2,A,2024-01-01,1,no\n"
    assert reasons(open_tables(purchases=log)) == {("is_guest", "is neither true nor false"): 1}


def test_times_that_are_all_midnight_are_remarked_on(open_tables):
    log = "order_id,customer_id,ordered_at,amount\n1,A,2024-01-01T00:00:00,1\n2,A,2024-01-02T00:00:00,1\n"
    (report,) = open_tables(purchases=log, timezone="America/New_York").report.tables
    assert "every time is midnight in UTC, which is another hour in America/New_York" in report.notes[0]
    assert open_tables(purchases=log).report.tables[0].notes == ()
