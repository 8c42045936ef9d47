"""The `[data]` section: what it refuses, and how it helps."""

import pytest
from pydantic import ValidationError

from features.door.settings import DataSettings, perhaps


def test_purchases_alone_are_enough():
    data = DataSettings(purchases="orders.parquet")
    assert data.locations() == {"purchases": "orders.parquet"}
    assert (data.backend, data.timezone, data.max_rejected_share) == ("duckdb://", "UTC", 0.01)


def test_customers_are_read_first():
    data = DataSettings(purchases="p", interactions="i", customers="c")
    assert list(data.locations()) == ["customers", "purchases", "interactions"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"timezone": "Europe/Londn"}, "no such time zone; perhaps 'Europe/London'"),
        (
            {"columns": {"purchases": {"custmer_id": "x"}}},
            "columns.purchases.custmer_id: .* perhaps 'customer_id'",
        ),
        (
            {"columns": {"orders": {}}},
            "Input should be 'purchases', 'interactions', 'customers' or 'subscriptions'",
        ),
        ({"time_formats": {"purchases": {"amount": "%Y"}}}, "that column holds no times"),
        ({"time_formats": {"purchases": {"ordered_at": "%Y-%m"}}}, "does not tell year .* and day"),
        ({"time_formats": {"purchases": {"ordered_at": "%Y-%m-%d %Q"}}}, "%Q is not known; known are %Y"),
        ({"time_formats": {"purchases": {"ordered_at": "%d/%m/%Y %d"}}}, "tells a part of the time twice"),
        ({"time_formats": {"purchases": {"ordered_at": "%d/%m/%Y %I:%M"}}}, "%I and %p go together"),
        ({"time_formats": {"purchases": {"ordered_at": "%d/%m/%Y 5%"}}}, "% is not known"),
        ({"attributes": ["city", "city"]}, "'city' is taken"),
        ({"attributes": ["opted_out"]}, "'opted_out' is taken"),
        ({"max_rejected_share": 1.5}, "less than or equal to 1"),
        ({"max_rejected_share": float("nan")}, "max_rejected_share"),
        ({"purchase": "typo"}, "Extra inputs are not permitted"),
        ({"purchases": ""}, "at least 1 character"),
        ({"threads": 0}, "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_told_before_anything_is_read(settings, sentence):
    with pytest.raises(ValidationError, match=sentence):
        DataSettings(**({"purchases": "orders.csv"} | settings))


def test_a_time_format_for_an_interaction_is_known():
    DataSettings(purchases="p", time_formats={"interactions": {"resolved_at": "%d.%m.%Y %H:%M"}})


def test_close_names_are_found_whatever_their_capitals_and_signs():
    assert perhaps("customer_id", ["Customer ID", "Order ID"]) == "; perhaps 'Customer ID'"
    assert perhaps("amount", ["x"]) == ""
