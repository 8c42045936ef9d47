"""Who a purchase belongs to: unknown customers, customers merged into others, customers who object."""

import pytest

from features.errors import DataError

PURCHASES = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"{number},{customer},2024-01-0{number},10\n" for number, customer in enumerate("ABCDE", start=1)
)
NOT_THERE = "is not in the customers table"


def owners(shop):
    orders = shop.purchases.order_by("order_id").to_pyarrow().to_pylist()
    return {order["order_id"]: order["customer_id"] for order in orders}


def people(shop, *columns):
    rows = shop.customers.order_by("customer_id").to_pyarrow().to_pylist()
    return [tuple(row[column] for column in ("customer_id", *columns)) for row in rows]


def reasons(shop, table):
    (report,) = (report for report in shop.report.tables if report.table == table)
    assert report.read == report.admitted + report.rejected + report.merged_away
    return {(found.column, found.reason): found.rows for found in report.rejections}


def test_events_of_customers_who_are_not_there_are_set_aside(open_tables):
    interactions = "customer_id,occurred_at,kind\nA,2024-01-01,session\nZ,2024-01-01,session\n"
    shop = open_tables(
        purchases=PURCHASES, interactions=interactions, customers="customer_id\nA\nB\nC\nnobody\n"
    )
    assert owners(shop) == {"1": "A", "2": "B", "3": "C"}
    assert reasons(shop, "purchases") == {("customer_id", NOT_THERE): 2}
    assert reasons(shop, "interactions") == {("customer_id", NOT_THERE): 1}


def test_the_remedy_for_unknown_customers_is_told(open_tables):
    with pytest.raises(DataError, match=r'in 2 rows \(row 5: .D.; row 6: .E.\).*unknown_customers = "keep"'):
        open_tables(purchases=PURCHASES, customers="customer_id\nA\nB\nC\n", max_rejected_share=0.01)


def test_unknown_customers_are_kept_when_the_shop_says_so(open_tables):
    shop = open_tables(purchases=PURCHASES, customers="customer_id\nA\n", unknown_customers="keep")
    assert list(owners(shop).values()) == list("ABCDE")


def test_what_was_bought_under_ids_that_were_merged_belongs_to_the_one_that_remains(open_tables):
    customers = "customer_id,merged_into\nA,\nB,A\nC,B\nD,D\nE,\n"
    interactions = "customer_id,occurred_at,kind\nC,2024-01-01,session\n"
    shop = open_tables(purchases=PURCHASES, interactions=interactions, customers=customers)
    assert owners(shop) == {"1": "A", "2": "A", "3": "A", "4": "D", "5": "E"}
    assert shop.interactions.to_pyarrow()["customer_id"].to_pylist() == ["A"]
    assert people(shop) == [("A",), ("D",), ("E",)]
    assert reasons(shop, "customers") == {}


def test_a_chain_of_two_hundred_merges_is_followed_to_its_end(open_tables):
    links = "".join(f"c{n},c{n + 1}\n" for n in range(200))
    log = "order_id,customer_id,ordered_at,amount\n1,c0,2024-01-01,1\n2,c137,2024-01-01,1\n"
    shop = open_tables(purchases=log, customers=f"customer_id,merged_into\n{links}c200,\n")
    assert owners(shop) == {"1": "c200", "2": "c200"}
    assert people(shop) == [("c200",)]


def test_merges_that_lead_nowhere_or_round_in_a_circle_are_set_aside(open_tables):
    customers = "customer_id,merged_into\nA,B\nB,A\nC,A\nD,X\nE,\n"
    shop = open_tables(purchases=PURCHASES, customers=customers)
    assert reasons(shop, "customers") == {
        ("merged_into", "leads round in a circle"): 3,
        ("merged_into", "is no customer of the table"): 1,
    }
    assert reasons(shop, "purchases") == {("customer_id", "has no sound row in the customers table"): 4}
    assert owners(shop) == {"5": "E"}


def test_of_two_rows_of_a_customer_the_first_stays(open_tables):
    customers = "customer_id,city\nA,Rome\nB,Oslo\nA,Bern\n"
    shop = open_tables(purchases=PURCHASES, customers=customers, attributes=("city",))
    assert people(shop, "city") == [("A", "Rome"), ("B", "Oslo")]
    assert reasons(shop, "customers") == {("customer_id", "repeats the id of an earlier row"): 1}


def test_one_opt_out_among_the_rows_of_a_person_is_enough(open_tables):
    customers = """customer_id,opted_out,merged_into
A,no,
A,yes,
B,,
C,yes,B
D,no,
D,perhaps,
E,,
"""
    shop = open_tables(purchases=PURCHASES, customers=customers)
    assert people(shop, "opted_out") == [("A", True), ("B", True), ("D", True), ("E", False)]


@pytest.mark.parametrize("unknown_customers", ["reject", "keep"])
def test_a_customer_whose_opt_out_cannot_be_read_is_not_taken_for_willing(open_tables, unknown_customers):
    customers = "customer_id,opted_out\nA,no\nB,ja bitte\n"
    shop = open_tables(purchases=PURCHASES, customers=customers, unknown_customers=unknown_customers)
    assert "B" not in owners(shop).values()
    assert ("customer_id", "has no sound row in the customers table") in reasons(shop, "purchases")


def test_attributes_are_kept_as_text_and_others_are_not(open_tables):
    customers = "customer_id,Age,city,signed_up_at\nA,007,Rome,2020-01-31\nB, ,,\n"
    shop = open_tables(
        purchases=PURCHASES,
        customers=customers,
        attributes=("age",),
        columns={"customers": {"age": "Age"}},
    )
    assert people(shop, "age") == [("A", "007"), ("B", None)]
    assert shop.customers.columns == ("customer_id", "signed_up_at", "age")
