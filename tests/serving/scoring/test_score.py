"""Scoring six lives: who gets a score, who gets a reason, and what a second run does."""

import dataclasses
import resource
from datetime import UTC, date, datetime, timedelta

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from features.door.open import DoorReport, Shop
from features.errors import ConfigurationError
from features.fingerprint import fingerprint
from features.plan import plan_features
from models.horizons import Horizons
from models.scores import ANSWERS
from models.steadiness import Drawers, Steadiness
from serving.scoring.own_segments import OwnSegment
from serving.scoring.score import score
from serving.settings import StoreSettings
from serving.store.errors import StoreError
from serving.store.store import Filters, ScoreStore

NEW_YEAR = date(2024, 1, 1)
PURCHASES = {
    # customer: (days before New Year, amount) of each order
    "loyal": [(100, 10.0), (70, 10.0), (40, 10.0), (10, 10.0)],
    "lapsed": [(300, 10.0), (280, 10.0)],
    "one-time": [(200, 1.0)],
    "objector": [(30, 10.0), (5, 10.0)],
    "refunded": [(60, -5.0)],
    "future-only": [(0, 10.0), (-3, 10.0)],
}
CUSTOMERS = [
    ("loyal", None, False),
    ("lapsed", None, None),
    ("one-time", None, False),
    ("objector", None, True),
    ("future-only", "2023-12-31 23:59:59", False),
    ("window-shopper", "2023-06-01 00:00:00", False),
    ("shy", "2023-06-01 00:00:00", True),
    ("signed-up-later", "2024-01-01 00:00:00", False),
]


def open_shop(more_orders=(), with_customers=True):
    rows = [
        (f"{c}-{n}", c, back, amount)
        for c, orders in PURCHASES.items()
        for n, (back, amount) in enumerate(orders)
    ]
    days = [NEW_YEAR - timedelta(days=back) for _, _, back, _ in [*rows, *more_orders]]
    purchases = pd.DataFrame([*rows, *more_orders], columns=["order_id", "customer_id", "back", "amount"])
    purchases = purchases.drop(columns="back").assign(ordered_at=pd.to_datetime(days) + timedelta(hours=12))
    customers = pd.DataFrame(CUSTOMERS, columns=["customer_id", "signed_up_at", "opted_out"])
    customers["signed_up_at"] = pd.to_datetime(customers["signed_up_at"])
    engine = ibis.duckdb.connect()
    bought = engine.create_table("purchases", pa.Table.from_pandas(purchases))
    return Shop(
        purchases=bought.mutate(day=bought.ordered_at.date()),
        interactions=None,
        customers=engine.create_table("customers", pa.Table.from_pandas(customers))
        if with_customers
        else None,
        timezone="UTC",
        report=DoorReport(()),
    )


@dataclasses.dataclass
class SilenceModel:
    """Churn grows with silence: 1 day to 0.01, 99 days and more to 0.99; spend is what it was so far."""

    plan: object
    asked_for: list[str]
    horizons = Horizons(churn_window_days=90, clv_horizon_days=365)

    def predict_written(self, features, as_of):
        self.asked_for += list(features.customer_id)
        churn = (features.days_since_last_purchase / 100).clip(0.01, 0.99)
        answers = pd.DataFrame({column.name: None for column in ANSWERS}, index=features.index)
        return answers.assign(
            customer_id=features.customer_id,
            eligible=True,
            churn_probability=churn,
            risk_band=churn.map(lambda p: "high" if p > 0.5 else "low"),
            clv=features.historic_spend,
            value_at_risk=churn * features.historic_spend,
            historic_spend=features.historic_spend,
            purchase_count=features.purchase_count,
            days_since_last_purchase=features.days_since_last_purchase,
            rfm_segment="LOYAL",
            journey_stage="retention",
        )


@pytest.fixture
def store(tmp_path):
    with ScoreStore(StoreSettings(url="sqlite:///scores.db"), tmp_path, read_only=False) as store:
        yield store


@pytest.fixture
def run(store, tmp_path):
    """Score a shop as of a day, and give the publication, the model and what progress was told."""

    def run(shop, as_of=NEW_YEAR, version="1", **options):
        model, told = SilenceModel(plan_features(shop, NEW_YEAR, 90, []), []), []
        publication = score(
            shop, as_of, model, version, store, datetime(2024, 1, 1, 4, tzinfo=UTC), tmp_path,
            lambda done, total: told.append((done, total)), **options,
        )  # fmt: skip
        return publication, model, told

    return run


def rows_of(store):
    return {row["customer_id"]: row for rows in store.iterate() for row in rows}


def test_everybody_known_before_the_day_has_a_row_and_nobody_else(store, run):
    publication, model, told = run(open_shop())

    rows = rows_of(store)
    assert {
        name: (
            row["churn_probability"],
            row["churn_percentile"],
            row["historic_spend"],
            row["purchase_count"],
        )
        for name, row in rows.items()
    } == {
        "loyal": (0.1, 17, 40.0, 4),
        "lapsed": (0.99, 67, 20.0, 2),
        "one-time": (0.99, 67, 1.0, 1),
        "objector": (None, None, 20.0, 2),
        "refunded": (None, None, -5.0, 0),
        "future-only": (None, None, 0.0, 0),
        "window-shopper": (None, None, 0.0, 0),
        "shy": (None, None, 0.0, 0),
    }
    assert (publication.batch.customers, publication.batch.eligible) == (8, 3)
    assert publication.batch.horizons == model.horizons
    assert told[-1] == (4, 4)


def test_a_row_without_a_score_says_why(store, run):
    run(open_shop())

    rows = rows_of(store)
    assert {
        name: (row["ineligible_reason"], row["rfm_segment"], row["journey_stage"])
        for name, row in rows.items()
        if not row["eligible"]
    } == {
        "objector": ("Objects to profiling (opted_out), so there is no score and no segment.", None, None),
        "shy": ("Objects to profiling (opted_out), so there is no score and no segment.", None, None),
        "refunded": (
            "Only refunds are known from before 2024-01-01, no purchase.", "PROSPECTS", "awareness"
        ),
        "future-only": ("No purchase before 2024-01-01.", "PROSPECTS", "awareness"),
        "window-shopper": ("No purchase before 2024-01-01.", "PROSPECTS", "awareness"),
    }  # fmt: skip
    assert rows["objector"]["days_since_last_purchase"] == 5


def test_who_objects_is_never_shown_to_the_model_and_on_no_list(store, run):
    _, model, _ = run(open_shop())

    assert sorted(model.asked_for) == ["lapsed", "loyal", "one-time"]
    listed = store.at_risk(Filters(scored_only=False), 100).scores
    assert {score["customer_id"] for score in listed} == {
        "loyal", "lapsed", "one-time", "refunded", "future-only", "window-shopper",
    }  # fmt: skip


def test_without_a_customers_table_those_with_orders_are_everybody(store, run):
    run(open_shop(with_customers=False))

    rows = rows_of(store)
    assert {name: row["eligible"] for name, row in rows.items()} == {
        "loyal": True, "lapsed": True, "one-time": True, "objector": True, "refunded": False,
    }  # fmt: skip


def test_scoring_twice_computes_and_changes_nothing(store, run):
    run(open_shop())
    before = rows_of(store)

    publication, model, told = run(open_shop())

    assert not publication.changed
    assert (model.asked_for, told) == ([], [])
    assert rows_of(store) == before


def test_an_order_after_the_day_changes_nothing_and_one_before_it_does(store, run):
    run(open_shop())

    after, _, _ = run(open_shop(more_orders=[("new", "loyal", 0, 10.0)]))
    before, _, _ = run(open_shop(more_orders=[("late", "loyal", 1, 10.0)]))

    assert (after.changed, after.batch.sequence) == (False, 1)
    assert (before.changed, before.batch.sequence, before.replaced) == (True, 2, 1)
    assert rows_of(store)["loyal"]["days_since_last_purchase"] == 1


def test_a_day_before_the_first_purchase_is_refused_with_its_date(store, run):
    with pytest.raises(
        ConfigurationError, match=r"--as-of 2023-03-07: nobody.*first purchase was on 2023-03-07"
    ):
        run(open_shop(), as_of=date(2023, 3, 7))

    assert store.latest_batch() is None


def test_a_disk_that_fills_up_publishes_nothing(store, run):
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, unlimited[1]))
    try:
        with pytest.raises(StoreError, match=r"could not be set down in .*: File too large. Nothing was pub"):
            run(open_shop())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    assert store.latest_batch() is None


def test_a_fingerprint_knows_every_cell_and_no_order():
    shop = open_shop()
    same = dataclasses.replace(shop, purchases=shop.purchases.order_by(ibis.desc("order_id")))
    assert fingerprint(same, NEW_YEAR) == fingerprint(shop, NEW_YEAR)

    cell = shop.purchases.order_id == "loyal-0"
    changes = {
        "amount": cell.ifelse(9.0, shop.purchases.amount),
        "customer_id": cell.ifelse("lapsed", shop.purchases.customer_id),
        "ordered_at": cell.ifelse(
            shop.purchases.ordered_at + ibis.interval(seconds=1), shop.purchases.ordered_at
        ),
    }
    for name, changed in changes.items():
        other = dataclasses.replace(shop, purchases=shop.purchases.mutate(**{name: changed}))
        assert fingerprint(other, NEW_YEAR) != fingerprint(shop, NEW_YEAR), name
    # Two equal columns, changed alike, must not cancel each other.
    twins = shop.purchases.mutate(quantity=ibis.literal(1.0), discount=ibis.literal(1.0))
    other = shop.purchases.mutate(quantity=ibis.literal(2.0), discount=ibis.literal(2.0))
    assert fingerprint(dataclasses.replace(shop, purchases=twins), NEW_YEAR) != fingerprint(
        dataclasses.replace(shop, purchases=other), NEW_YEAR
    )


def test_attributes_come_with_the_batch_but_not_those_of_who_objects(store, run):
    shop = open_shop()
    customers = shop.customers.mutate(
        country=ibis.cases((shop.customers.customer_id == "lapsed", "TH"), else_="MY")
    )
    run(dataclasses.replace(shop, customers=customers))

    assert store.attributes() == {"country": {"MY": 4, "TH": 1}}
    assert store.portrait("lapsed").attributes == {"country": "TH"}
    assert store.portrait("objector").attributes == {}
    page = store.at_risk(Filters(scored_only=False, attributes=(("country", "MY"),)), 10)
    assert [score["customer_id"] for score in page.scores] == [
        "loyal", "one-time", "future-only", "window-shopper",
    ]  # fmt: skip


def test_own_segments_know_scores_and_features_and_a_new_rule_scores_again(store, run):
    rules = (
        OwnSegment(name="regulars", rule="frequency >= 2 and churn_probability < 0.5"),
        OwnSegment(name="nobody-yet", rule="purchase_count == 0"),
    )
    run(open_shop(), own_segments=rules)

    assert store.portrait("loyal").own_segments == ["regulars"]
    assert [(own.name, own.customers) for own in store.segments().own] == [("regulars", 1), ("nobody-yet", 3)]
    assert store.portrait("shy").own_segments == []  # objects
    assert not run(open_shop(), own_segments=rules)[0].changed
    assert run(open_shop(), own_segments=rules[:1])[0].changed


def test_a_rule_with_an_unknown_column_is_refused_before_anything_is_scored(store, run):
    with pytest.raises(
        ConfigurationError,
        match=r"\[\[segments\]\] vip: rule names 'frequncy'; there is no such column; perhaps 'frequency'",
    ):
        run(open_shop(), own_segments=(OwnSegment(name="vip", rule="frequncy > 2"),))
    assert store.latest_batch() is None


def test_who_hovers_at_an_edge_does_not_change_the_band_with_each_batch(store, run):
    steadiness = Steadiness(Drawers(("low", "high"), (0.5,), (0.02,)), None)
    bands = []
    for day in (
        51,
        52,
        53,
        54,
        55,
        56,
    ):  # 48 to 53 days after the last purchase; the model says high above 50
        run(open_shop(), as_of=NEW_YEAR + timedelta(days=day), steadiness=steadiness)
        row = store.customer("future-only").score
        bands.append((row["churn_probability"], row["risk_band"]))

    assert bands == [
        (0.48, "low"),
        (0.49, "low"),
        (0.5, "low"),
        (0.51, "low"),
        (0.52, "high"),
        (0.53, "high"),
    ]
    assert not run(open_shop(), as_of=NEW_YEAR + timedelta(days=56), steadiness=steadiness)[0].changed
    # Scored again by another version, the day looks at the day before it, not at itself.
    run(open_shop(), as_of=NEW_YEAR + timedelta(days=54), version="2", steadiness=steadiness)
    assert store.customer("future-only").score["risk_band"] == "low"
