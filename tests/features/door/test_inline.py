"""History that comes with a request meets the same door as a file."""

from datetime import UTC, date, datetime

import pytest

from features.door.open import admit_records
from features.errors import DataError

ORDER = {"order_id": "1", "customer_id": "A", "ordered_at": "2024-01-31T10:00:00+01:00", "amount": 12.5}
VISIT = {"customer_id": "A", "occurred_at": "2024-02-01", "kind": "session"}


def rows(table):
    return table.to_pyarrow().to_pylist()


def test_records_are_admitted_as_a_file_would_be(open_tables):
    log = "order_id,customer_id,ordered_at,amount\n1,A,2024-01-31T10:00:00+01:00,12.5\n"
    visits = "customer_id,occurred_at,kind\nA,2024-02-01,session\n"
    from_file = open_tables(purchases=log, interactions=visits, timezone="Europe/Berlin")
    inline = admit_records([ORDER], [VISIT], "Europe/Berlin").as_shop()
    for table in ("purchases", "interactions"):
        assert getattr(inline, table).schema() == getattr(from_file, table).schema()
        assert rows(getattr(inline, table)) == rows(getattr(from_file, table))
    assert rows(inline.purchases) == [
        {
            "order_id": "1",
            "customer_id": "A",
            "ordered_at": datetime(2024, 1, 31, 9),
            "amount": 12.5,
            "day": date(2024, 1, 31),
        }
    ]


def test_values_may_be_python_objects():
    order = ORDER | {
        "ordered_at": datetime(2024, 1, 31, 9, tzinfo=UTC),
        "amount": -3,
        "quantity": 2,
        "is_guest": True,
    }
    (row,) = rows(
        admit_records([order, ORDER | {"order_id": "2"}], [], "UTC").as_shop().purchases.filter("is_guest")
    )
    assert (row["ordered_at"], row["amount"], row["quantity"]) == (datetime(2024, 1, 31, 9), -3.0, 2.0)


def test_a_column_that_only_some_records_have_is_empty_in_the_others():
    shop = admit_records([ORDER, ORDER | {"order_id": "2", "channel": "web"}], [], "UTC").as_shop()
    assert sorted(shop.purchases.to_pyarrow()["channel"].to_pylist(), key=str) == [None, "web"]
    assert shop.interactions is None


def test_two_calls_do_not_see_each_other():
    first = admit_records([ORDER], [VISIT], "UTC").as_shop()
    second = admit_records([ORDER | {"customer_id": "B"}], [], "UTC").as_shop()
    assert [row["customer_id"] for row in rows(first.purchases)] == ["A"]
    assert [row["customer_id"] for row in rows(second.purchases)] == ["B"]


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([ORDER | {"amount": float("nan")}], r"purchases.amount is not finite in 1 row \(row 1: 'nan'\)"),
        ([ORDER | {"amount": 1e300}], r"purchases.amount is beyond 1,000,000,000,000"),
        ([ORDER | {"ordered_at": "31/01/2024"}], r"purchases.ordered_at is not a time in 1 row"),
        ([ORDER | {"customer_id": None}], r"purchases.customer_id is empty"),
        ([ORDER | {"customer_id": "x" * 201}], r"purchases.customer_id is longer than 200 characters"),
        ([ORDER | {"customer_id": "a\x00b"}], r"purchases.customer_id holds control characters"),
        ([ORDER | {"customer_id": "\ud800"}], r"not valid Unicode"),
        ([ORDER, ORDER], r"purchases.order_id repeats the id of an earlier row in 1 row \(row 2: '1'\)"),
        ([ORDER | {"currency": "EUR"}, ORDER | {"order_id": "2", "currency": "USD"}], r"2 currencies"),
    ],
)
def test_one_record_that_cannot_be_used_refuses_the_request(records, sentence):
    with pytest.raises(DataError, match=sentence):
        admit_records(records, [], "UTC")


def test_no_purchases_at_all_are_an_empty_table():
    shop = admit_records([], [VISIT], "UTC").as_shop()
    assert rows(shop.purchases) == []
    assert len(rows(shop.interactions)) == 1


def test_ids_stay_as_they_are_sent():
    assert (
        rows(admit_records([ORDER | {"customer_id": "12.0"}], [], "UTC").as_shop().purchases)[0][
            "customer_id"
        ]
        == "12.0"
    )
