"""Features of contracts, and that an end which has not come yet changes none of them.

All as of 2026-01-01. ann has renewed three times; bob left on 2025-11-01; cid starts anew after a break, at
half the price; dot holds two at once, one of them for a year; eve only orders.
"""

from datetime import date

import pytest

from features.build import build_features
from features.catalog import describe
from features.plan import plan_features

AS_OF = date(2026, 1, 1)
HEADER = "customer_id,started_at,ended_at,period_days,amount\n"
LIVES = [
    ("ann", "2025-09-20", "", 30, 10),
    ("bob", "2025-08-01", "2025-11-01", 30, 10),
    ("cid", "2025-05-01", "2025-06-30", 30, 20),
    ("cid", "2025-12-01", "", 30, 10),
    ("dot", "2025-12-30", "", 30, 6),
    ("dot", "2025-01-03", "", 365, 73),
    ("fay", "2025-10-03", "", 30, 10),
]
ORDERS = "order_id,customer_id,ordered_at,amount\no1,eve,2025-12-20,5\n"


def features_of(open_tables, lives):
    rows = "".join(",".join(map(str, life)) + "\n" for life in lives)
    shop = open_tables(subscriptions=HEADER + rows, purchases=ORDERS, observed_until="2027-01-01")
    plan = plan_features(shop, AS_OF, 30, [])
    table = build_features(shop.purchases, None, None, AS_OF, plan)
    return table.to_pyarrow().to_pandas().set_index("customer_id").sort_index(), plan


def test_contracts_in_numbers(open_tables, assert_told):
    features, _ = features_of(open_tables, LIVES)
    assert_told(
        features,
        """
        customer                   ann  bob  cid  dot   eve  fay
        contract_count               1    1    2    2     0    1
        contracts_running            1    0    1    2     0    1
        contract_renewals            3    3    1    0     0    2
        contract_age_days          103    -   31  363     -   90
        contract_renewal_due_days   17    -   29    2     -    0
        contract_period_days        30   30   30  365     -   30
        contract_amount             10   10   10   79     -   10
        contract_amount_30d         10    -   10   12     -   10
        contract_price_ratio         1    -  0.5    1     -    1
        days_since_contract_end      -   61  185    -     -    -
        purchase_day_count           4    4    4    2     1    3
        days_since_last_purchase    13   63    1    2    12   30
        """,
    )


def test_contracts_read_as_a_person_would_say_them(open_tables):
    features, plan = features_of(open_tables, LIVES)
    said = {feature.name: feature for feature in describe(plan)}
    ann, bob = (dict(features.loc[name]) for name in ("ann", "bob"))
    assert said["contract_renewals"].say(ann) == "has renewed 3 times"
    assert said["contract_renewal_due_days"].say(ann) == "renewal due in 17 days"
    assert said["contract_renewal_due_days"].say(bob) == "no renewal is due"
    assert (
        said["contract_price_ratio"].say(dict(features.loc["cid"]))
        == "pays 50% of the price of the first contract"
    )


@pytest.mark.parametrize("ended_at", ["2026-01-01", "2026-01-18"])
def test_an_end_at_or_after_as_of_moves_no_feature(open_tables, ended_at):
    """Not even one that was announced long before: whoever knows it knows the label."""
    before, plan = features_of(open_tables, LIVES)
    ending = [(who, start, end or ended_at, *terms) for who, start, end, *terms in LIVES]
    ending += [("gus", ended_at, "", 30, 10), ("ann", ended_at, "2027-01-01", 365, 99)]
    after, plan_after = features_of(open_tables, ending)
    assert plan_after == plan
    assert after.equals(before)


def test_an_end_before_as_of_is_known(open_tables):
    before, _ = features_of(open_tables, LIVES)
    ending = [("ann", "2025-09-20", "2025-12-31", 30, 10), *LIVES[1:]]
    after, _ = features_of(open_tables, ending)
    assert before.loc["ann", "contracts_running"] == 1
    assert after.loc["ann", "contracts_running"] == 0
    assert after.loc["ann", "days_since_contract_end"] == 1


def test_a_shop_without_contracts_has_no_such_feature(open_tables):
    shop = open_tables(purchases=ORDERS)
    plan = plan_features(shop, AS_OF, 30, [])
    assert not plan.has_contracts
    assert not [feature.name for feature in describe(plan) if feature.name.startswith("contract")]
