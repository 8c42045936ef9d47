"""What the shop tells of its customers, against a plain reading of the same table."""

import json

import ibis
import pyarrow as pa
import pytest

from features.door.report import DoorReport
from features.shop import Shop
from serving.scoring.attributes import Attributes

PEOPLE = {
    "b": ("MY", "gold"),
    "a": ("T\"H'\\", None),
    "é": ("<script>", ""),
    "z": (None, ""),
    "objector": ("MY", "gold"),
}


@pytest.fixture
def attributes():
    rows = [
        {"customer_id": who, "country": country, "plan": plan, "opted_out": who == "objector"}
        for who, (country, plan) in PEOPLE.items()
    ]
    return Attributes(shop_of(ibis.duckdb.connect().create_table("people", pa.Table.from_pylist(rows))))


def shop_of(customers):
    return Shop(None, None, customers, "UTC", DoorReport(()))


def test_each_customer_is_told_of_whatever_the_order_of_the_ids(attributes):
    asked = ["é", "nobody", "a", "objector", "b", "z"]

    found = attributes.of(pa.array(asked))

    assert [told and json.loads(told) for told in found.to_pylist()] == [
        {"country": "<script>"}, None, {"country": "T\"H'\\"}, None, {"country": "MY", "plan": "gold"}, None,
    ]  # fmt: skip


@pytest.mark.parametrize("asked", [[], ["0"], ["~"], ["b"], ["aa", "bb"]])
def test_a_few_ids_from_anywhere_are_told_as_those_of_all_are(attributes, asked):
    everybody = dict(zip(PEOPLE, attributes.of(pa.array(list(PEOPLE))).to_pylist(), strict=True))

    found = attributes.of(pa.array(asked, pa.string())).to_pylist()

    assert found == [everybody.get(who) for who in asked]


def test_a_shop_that_tells_nothing_has_no_attributes():
    assert Attributes(shop_of(None)).of(pa.array(["loyal"])).to_pylist() == [None]
