"""The catalogue says what the feature table has, and says it in words."""

from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from features.build import build_features
from features.catalog import Feature, describe
from features.plan import FeaturePlan, plan_features
from features.reference import SHOP, feature_page

HOSTILE = "{value.__class__} {0} %s | 'x\"\n"
PURCHASES = [
    (
        "loyal",
        400,
        10,
        {"quantity": 1, "discount": 1, "is_guest": True, "channel": HOSTILE, "category": "tea"},
    ),
    ("loyal", 390, 10, {}),
    ("loyal", 20, 30, {}),
    ("one-time", 9, 0, {}),
]
INTERACTIONS = [
    *(
        ("loyal", 9, kind, {"pages": 2, "duration_seconds": 9, "points": 3, "score": 4})
        for kind in ("session", HOSTILE)
    ),
    ("loyal", 9, "support", {"resolved_at": 8}),
    ("loyal", 9, "push_sent"),
]
CUSTOMERS = [("loyal", {HOSTILE: HOSTILE, "signed_up_at": 500})]


@pytest.fixture(scope="module")
def shop(open_small_shop):
    return open_small_shop(PURCHASES, INTERACTIONS, CUSTOMERS)


@pytest.fixture(scope="module")
def plan(shop, as_of):
    return plan_features(shop, as_of, 30, [HOSTILE])


@pytest.fixture(scope="module")
def features(shop, plan, as_of):
    table = build_features(shop.purchases, shop.interactions, shop.customers, as_of, plan)
    return table.to_pyarrow()


@pytest.mark.parametrize("churn_window_days", [1, 7, 30, 90, 180, 365, 730])
def test_the_table_has_the_columns_of_the_catalogue_in_its_order(shop, as_of, churn_window_days):
    plan = plan_features(shop, as_of, churn_window_days, [HOSTILE])
    table = build_features(shop.purchases, shop.interactions, shop.customers, as_of, plan)
    catalogue = describe(plan)
    told = [(feature.name, feature.dtype) for feature in catalogue]
    assert [(name, str(dtype)) for name, dtype in table.schema().items()] == [
        ("customer_id", "string"),
        *told,
    ]
    assert len({feature.name.lower() for feature in catalogue}) == len(catalogue)


def test_only_what_may_be_missing_is_and_all_of_it_can_be(features, plan):
    empty = {name for name in features.column_names if features[name].null_count}
    # one-time has bought for nothing a week ago: whatever can be missing is.
    assert empty == {feature.name for feature in describe(plan) if feature.may_be_missing}


def test_every_feature_reads_as_a_sentence_whatever_is_missing(features, plan):
    for row in features.to_pylist():
        for feature in describe(plan):
            said = feature.say(row)
            assert said
            assert "nan" not in said
            assert "not known" not in said, feature.name
    for feature in describe(plan):
        assert feature.say({})
    for feature in describe(plan):
        assert feature.meaning
        assert feature.unit


def test_sentences_ask_for_features_of_the_same_plan():
    names = {feature.name for feature in describe(SHOP)} | {"value"}
    for feature in describe(SHOP):
        for template in (feature.sentence, feature.otherwise):
            assert {field for _, field, _, _ in Formatter().parse(template) if field is not None} <= names


def test_text_from_the_data_is_said_as_it_is(plan):
    row = {feature.name: 1 for feature in describe(plan)}
    said = " ".join(feature.say(row) for feature in describe(plan) if feature.family == "attributes")
    assert f"{HOSTILE} is {HOSTILE}" in said


def test_reasons_read_as_a_retention_manager_speaks():
    row = {
        "days_since_last_purchase": 94,
        "gap_mean_days": 20.6,
        "silence_log_ratio": 1.4,
        "purchase_count": 1,
        "customer__country__nl": 0,
        "refund_count": float("nan"),
        "support__open_60d": 1,
    }
    said = {feature.name: feature.say(row) for feature in describe(SHOP)}
    assert said["silence_log_ratio"] == "silent for 94 days; usually buys every 21 days"
    assert said["purchase_count"] == "has placed 1 order"
    assert said["customer__country__nl"] == "country is not NL"
    assert said["session__days_since_last"] == "session: never"
    assert said["refund_count"] == "refunds so far: not known"
    row.pop("gap_mean_days")
    (silence,) = [feature for feature in describe(SHOP) if feature.name == "silence_log_ratio"]
    assert silence.say(row) == "silent for 94 days; has bought on one day only"


def test_a_number_said_as_a_noun_agrees_with_it():
    feature = Feature(
        "visits", "visits", "int64", "any", "visits", "{value:visits}, {value:.1f}, {value:is|is not}"
    )
    assert [feature.say({"visits": times}) for times in (0, 1, 1234)] == [
        "0 visits, 0.0, is not",
        "1 visit, 1.0, is",
        "1,234 visits, 1234.0, is",
    ]


def test_a_plan_survives_its_text(plan):
    assert FeaturePlan.from_json(plan.to_json()) == plan
    assert FeaturePlan.from_json(replace(SHOP, attributes=()).to_json()) == replace(SHOP, attributes=())


def test_the_page_about_the_features_is_current():
    page = Path(__file__).parents[2] / "docs" / "features.md"
    advice = "write it again with `python -m features.reference > docs/features.md`"
    assert page.read_text(encoding="utf-8") == feature_page(), advice
