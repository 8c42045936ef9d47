"""The shop that comes out: what its log holds, and what it must not give away."""

import re
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.door.tables import CUSTOMERS, INTERACTIONS, PURCHASES
from features.errors import ConfigurationError
from tenure.simulator import WORLDS, Scenario, SimulatedShop, simulate, simulate_blocks
from tenure.simulator import shop as shop_module

AS_OF = pd.Timestamp("2026-01-01")
WORLD_NAMES = list(WORLDS)


@cache
def shop_of(world: str) -> SimulatedShop:
    return simulate(2_000, 5, world)


def frames(shop: SimulatedShop) -> dict[str, pd.DataFrame]:
    names = ["purchases", "interactions", "customers", "future_purchases", "truth"]
    return {name: getattr(shop, name).to_pandas() for name in names}


@pytest.mark.parametrize("world", WORLD_NAMES)
def test_history_ends_before_as_of_and_the_withheld_future_begins_there(world: str) -> None:
    shop = frames(shop_of(world))
    assert shop["purchases"]["ordered_at"].max() < AS_OF
    assert shop["purchases"]["ordered_at"].min() >= AS_OF - pd.Timedelta(days=730)
    assert shop["interactions"]["occurred_at"].max() < AS_OF
    assert shop["interactions"]["resolved_at"].max() < AS_OF
    assert shop["future_purchases"]["ordered_at"].min() >= AS_OF
    orders = shop["future_purchases"].query("amount > 0")
    assert orders["ordered_at"].max() < AS_OF + pd.Timedelta(days=365)


@pytest.mark.parametrize("world", WORLD_NAMES)
def test_truth_counts_what_the_withheld_future_holds(world: str) -> None:
    shop = frames(shop_of(world))
    future, truth = shop["future_purchases"], shop["truth"].set_index("customer_id")
    window = future[future["ordered_at"] < AS_OF + pd.Timedelta(days=90)].query("amount > 0")
    horizon = future[future["ordered_at"] < AS_OF + pd.Timedelta(days=365)]
    assert set(truth.index[truth["returned"]]) == set(window["customer_id"])
    orders = horizon.query("amount > 0").groupby("customer_id").size()
    pd.testing.assert_series_equal(
        truth["purchases"], orders.reindex(truth.index, fill_value=0), check_names=False
    )
    spend = horizon.groupby("customer_id")["amount"].sum().reindex(truth.index, fill_value=0)
    pd.testing.assert_series_equal(truth["spend"], spend, check_names=False, atol=0.011)


@pytest.mark.parametrize("world", WORLD_NAMES)
@pytest.mark.parametrize("customers", [1, 2, 10])
def test_the_tiniest_shops_come_whole(world: str, customers: int) -> None:
    shop = frames(simulate(customers, 1, world))
    assert len(shop["customers"]) == len(shop["truth"]) == customers
    assert set(shop["purchases"].query("amount > 0")["customer_id"]) == set(shop["customers"]["customer_id"])


@pytest.mark.parametrize("world", WORLD_NAMES)
def test_nobody_buys_after_they_have_left(world: str) -> None:
    shop = frames(shop_of(world))
    truth = shop["truth"].set_index("customer_id")
    orders = pd.concat([shop["purchases"], shop["future_purchases"]]).query("amount > 0")
    last = orders.groupby("customer_id")["ordered_at"].max().reindex(truth.index)
    left = truth["dropout_at"].notna()
    assert (last[left] <= truth["dropout_at"][left]).all()
    assert (truth["is_alive"] == ~(truth["dropout_at"] < AS_OF)).all()
    assert not truth["returned"][~truth["is_alive"]].any()
    assert 0.3 < truth["is_alive"].mean() < 0.8


def test_the_same_scenario_gives_the_same_shop_and_another_seed_another() -> None:
    again, other = simulate(2_000, 5, "mixed"), simulate(2_000, 6, "mixed")
    for name, table in vars(shop_of("mixed")).items():
        assert getattr(again, name).equals(table)
        assert not getattr(other, name).equals(table)


def test_interactions_refunds_and_opt_outs_do_not_disturb_who_buys_when() -> None:
    quiet = frames(simulate(500, 5, "mixed", interactions_per_year=0, refund_share=0.0, opted_out_share=0.0))
    usual = frames(simulate(500, 5, "mixed"))
    assert len(quiet["interactions"]) == 0
    assert not quiet["customers"]["opted_out"].any()
    assert (quiet["purchases"]["amount"] > 0).all()
    columns = ["customer_id", "ordered_at", "amount"]
    orders = usual["purchases"].query("amount > 0")[columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(quiet["purchases"][columns], orders)


def test_blocks_are_numbered_through_and_add_up_to_the_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_module, "BLOCK", 40)
    scenario = Scenario(100, 5, "mixed")
    blocks = list(simulate_blocks(scenario))
    assert [len(block.customers) for block in blocks] == [40, 40, 20]
    whole = frames(simulate(100, 5, "mixed"))
    assert whole["customers"]["customer_id"].tolist() == [f"c{number:08d}" for number in range(100)]
    orders = pd.concat([whole["purchases"], whole["future_purchases"]])
    assert orders["order_id"].is_unique
    assert whole["interactions"]["interaction_id"].is_unique
    one, two = blocks[0].truth.to_pandas(), blocks[1].truth.to_pandas()
    assert not np.isin(one["purchase_rate"], two["purchase_rate"]).any()


def test_every_table_has_the_columns_that_the_door_reads() -> None:
    shop = shop_of("mixed")
    assert set(shop.purchases.column_names) == {column.name for column in PURCHASES.columns}
    assert set(shop.future_purchases.column_names) == set(shop.purchases.column_names)
    assert set(shop.interactions.column_names) == {column.name for column in INTERACTIONS.columns}
    known = {column.name for column in CUSTOMERS.columns} - {"merged_into"}
    assert set(shop.customers.column_names) == known | {"country", "plan"}


def test_a_refund_follows_its_order_within_two_weeks_and_gives_back_half_or_all() -> None:
    purchases = simulate(2_000, 5, "bgnbd").purchases.to_pandas()
    refunds, orders = purchases.query("amount < 0"), purchases.query("amount > 0")
    assert len(refunds) / len(orders) == pytest.approx(0.04, abs=0.008)
    both = refunds.merge(orders, on="customer_id", suffixes=("", "_of_order"))
    days = (both["ordered_at"] - both["ordered_at_of_order"]) / pd.Timedelta(days=1)
    share = -both["amount"] / both["amount_of_order"]
    fits = (days > 0) & (days <= 14) & (((share - 1).abs() < 0.01) | ((share - 0.5).abs() < 0.01))
    assert set(both["order_id"][fits]) == set(refunds["order_id"])


def test_neither_ids_nor_attributes_nor_order_of_rows_tell_the_hidden_state() -> None:
    truth = shop_of("mixed").truth.to_pandas()
    customers = shop_of("mixed").customers.to_pandas()
    assert (truth["customer_id"] == customers["customer_id"]).all()
    for hidden in ["purchase_rate", "mean_spend", "is_alive", "expected_spend"]:
        ranks = truth[hidden].rank()
        assert abs(ranks.corr(pd.Series(range(len(truth))))) < 4 / np.sqrt(len(truth))
        for attribute in ["country", "plan", "opted_out"]:
            levels = customers[attribute].astype("category").cat.codes
            assert abs(ranks.corr(levels.rank())) < 4 / np.sqrt(len(truth))
    by_population = truth.assign(place=range(len(truth))).groupby("population")["place"].mean()
    assert len(by_population) == 4
    assert by_population.between(900, 1_100).all()


def test_customers_sign_up_before_they_buy_and_arrive_evenly() -> None:
    shop = frames(shop_of("bgnbd"))
    first = shop["purchases"].query("amount > 0").groupby("customer_id")["ordered_at"].min()
    signed_up = shop["customers"].set_index("customer_id")["signed_up_at"]
    assert (signed_up <= first.reindex(signed_up.index)).all()
    by_quarter = first.groupby((first - first.min()).dt.days // 183).size()
    assert by_quarter[:4].between(400, 600).all()


def test_a_cohort_buys_first_within_its_days() -> None:
    purchases = simulate(500, 5, "bgnbd", cohort_days=30).purchases.to_pandas()
    first = purchases.groupby("customer_id")["ordered_at"].min()
    assert first.max() < AS_OF - pd.Timedelta(days=700)


def test_the_seasonal_shop_sells_most_before_christmas() -> None:
    shop = frames(simulate(20_000, 5, "seasonal", cohort_days=1, interactions_per_year=0))
    per_month = shop["purchases"].query("amount > 0")["ordered_at"].dt.month.value_counts()
    assert per_month[12] > 1.5 * per_month[6]


def test_returning_customers_pause_long_and_buy_again() -> None:
    shop = frames(shop_of("returning"))
    orders = pd.concat([shop["purchases"], shop["future_purchases"]]).query("amount > 0")
    at = orders.sort_values(["customer_id", "ordered_at"])
    gaps = at.groupby("customer_id")["ordered_at"].diff() / pd.Timedelta(days=1)
    long_after_many = (gaps > 180) & (at.groupby("customer_id").cumcount() >= 4)
    assert long_after_many.sum() > 100
    truth = shop["truth"]
    assert 0.1 < truth["is_paused"].mean() < 0.4
    assert 0 < truth["probability_of_return"][truth["is_paused"]].max() < 0.5


def test_regular_customers_keep_their_beat() -> None:
    shop = frames(shop_of("regular"))
    orders = shop["purchases"].query("amount > 0").merge(shop["truth"], on="customer_id")
    orders = orders.sort_values(["customer_id", "ordered_at"])
    days = orders.groupby("customer_id")["ordered_at"].diff() / pd.Timedelta(days=1)
    beat = (days * orders["purchase_rate"]).groupby(orders["gap_shape"]).var()
    assert beat[8] < 0.2 < beat[4] < beat[2] < beat[1]


def test_a_shifted_shop_sells_less_from_the_shift_on_and_the_truth_knows() -> None:
    usual = frames(simulate(5_000, 5, "bgnbd", interactions_per_year=0))
    shifted = frames(simulate(5_000, 5, "bgnbd", interactions_per_year=0, rate_shift=0.3, shift_days=60))

    def orders_since(shop: dict[str, pd.DataFrame], first_day: str) -> int:
        return int((shop["purchases"].query("amount > 0")["ordered_at"] >= first_day).sum())

    before = {name: len(shop["purchases"]) for name, shop in (("usual", usual), ("shifted", shifted))}
    repeat_share = orders_since(shifted, "2025-11-02") / orders_since(usual, "2025-11-02")
    assert 0.3 < repeat_share < 0.6  # first purchases are not held back
    assert before["shifted"] < before["usual"]
    truth = shifted["truth"]
    assert truth["returned"].mean() < 0.75 * usual["truth"]["returned"].mean()
    for answer in ["probability_of_return", "posterior_probability_of_return"]:
        assert truth[answer].mean() == pytest.approx(truth["returned"].mean(), abs=0.03)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"world": "flat"},
            "There is no world 'flat'. Choose one of bgnbd, regular, seasonal, returning, mixed, subscription.",
        ),
        ({"customers": 0}, "customers is 0: give a number from 1 to 1,000,000,000."),
        ({"seed": -1}, "seed is -1: give a number from 0"),
        ({"churn_window_days": 0}, "churn_window_days is 0: give a number from 1 to 3,650."),
        ({"refund_share": float("nan")}, "refund_share is nan: give a number from 0 to 1."),
        ({"cohort_days": 731}, "cohort_days is 731: give 1 to 730, the days of history."),
        ({"as_of": date(1, 1, 1)}, "as_of is 0001-01-01: 730 days of history must start in 1900 or later"),
        ({"as_of": date(9999, 12, 31)}, "nothing is simulated beyond the year 9000"),
    ],
)
def test_impossible_scenarios_are_refused_with_the_remedy(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        simulate(**({"customers": 10, "seed": 1, "world": "mixed"} | options))
