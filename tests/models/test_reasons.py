import json

import numpy as np
import pandas as pd
import pytest

from features.catalog import Feature
from models.reasons import contributions_by_family, explain

CATALOGUE = (
    Feature("frequency", "days", "int64", "frequency", "days of coming back", "came back on {value:days}"),
    Feature("days_since_last_purchase", "days", "int64", "recency", "silence", "silent for {value:days}"),
    Feature(
        "silence_log_ratio",
        "log ratio",
        "float64",
        "rhythm",
        "silence against the usual gap",
        "silent for {days_since_last_purchase:days}; usually buys every {gap_mean_days:.0f}",
        "silent for {days_since_last_purchase:days}; has bought on one day only",
        may_be_missing=True,
    ),
    Feature("gap_mean_days", "days", "float64", "rhythm", "usual gap", "usually buys every {value:days}"),
    Feature("amount_mean", "shop currency", "float64", "money", "mean spend", "spends {value:.2f} on a day"),
    Feature(
        "support__open_365d",
        "cases",
        "int64",
        "engagement: support",
        "open cases",
        "support: {value:cases} open",
    ),
)
FEATURES = pd.DataFrame(
    {
        "frequency": [9, 0],
        "days_since_last_purchase": [94, 1],
        "silence_log_ratio": [1.5, -2.0],
        "gap_mean_days": [21.3, np.nan],
        "amount_mean": [30.0, 12.5],
        "support__open_365d": [1, 0],
    },
    index=["lapsing", "new"],
)


def added(**columns):
    return pd.DataFrame(columns, index=FEATURES.index)


def test_two_lives_are_explained_with_their_own_numbers():
    contributions = added(
        frequency=[-0.3, 0.1],
        days_since_last_purchase=[0.2, -0.1],
        silence_log_ratio=[0.9, -0.9],
        gap_mean_days=[-0.1, 0.0],
        amount_mean=[0.01, 0.06],
        support__open_365d=[0.4, -0.02],
        baseline=[5.0, 5.0],
    )
    lapsing, new = explain(contributions, FEATURES, CATALOGUE).lists()
    assert lapsing == [
        {
            "feature": "silence_log_ratio",
            "value": 1.5,
            "direction": "raises",
            "importance": "high",
            "text": "silent for 94 days; usually buys every 21",
        },
        {
            "feature": "support__open_365d",
            "value": 1.0,
            "direction": "raises",
            "importance": "medium",
            "text": "support: 1 case open",
        },
        {
            "feature": "frequency",
            "value": 9.0,
            "direction": "lowers",
            "importance": "medium",
            "text": "came back on 9 days",
        },
    ]
    assert [(reason["text"], reason["direction"], reason["importance"]) for reason in new] == [
        ("silent for 1 day; has bought on one day only", "lowers", "high"),
        ("came back on 0 days", "raises", "low"),
        ("spends 12.50 on a day", "raises", "low"),
    ]


def test_a_family_is_told_by_what_weighs_most_in_its_own_direction():
    contributions = added(silence_log_ratio=[-0.5, -0.5], gap_mean_days=[0.7, 0.7])
    lapsing, _ = explain(contributions, FEATURES, CATALOGUE).lists()
    assert [(reason["text"], reason["direction"], reason["importance"]) for reason in lapsing] == [
        ("usually buys every 21 days", "raises", "low")
    ]


def test_what_the_purchase_models_say_reads_as_the_history_they_saw():
    lapsing, new = explain(added(btyd_logit=[1.0, -1.0], baseline=[0.0, 0.0]), FEATURES, CATALOGUE).lists()
    assert lapsing[0]["text"] == "silent for 94 days; usually buys every 21"
    assert (lapsing[0]["direction"], new[0]["direction"]) == ("raises", "lowers")


def test_the_smallest_reason_is_better_than_none():
    contributions = added(frequency=[0.001, 0.0], amount_mean=[0.0005, 0.0])
    lapsing, nothing = explain(contributions, FEATURES, CATALOGUE).lists()
    assert [(reason["feature"], reason["importance"]) for reason in lapsing] == [("frequency", "low")]
    assert nothing == []


def test_a_missing_number_is_null_in_json_and_words_in_the_text():
    _, new = explain(added(gap_mean_days=[0.0, 0.8]), FEATURES, CATALOGUE).lists()
    assert json.loads(json.dumps(new)) == [
        {
            "feature": "gap_mean_days",
            "value": None,
            "direction": "raises",
            "importance": "high",
            "text": "usual gap: not known",
        }
    ]


def test_written_reasons_are_the_same_lists():
    contributions = added(frequency=[-0.3, 0.0], amount_mean=[0.2, 0.0], gap_mean_days=[0.1, 0.0])
    reasons = explain(contributions, FEATURES, CATALOGUE)
    assert [len(of_one) for of_one in reasons.lists()] == [3, 0]
    assert [json.loads(text) for text in reasons.written().to_pylist()] == reasons.lists()


def test_no_more_than_five_reasons():
    many = tuple(
        Feature(f"f{i}", "", "float64", f"family {i}", "", "{value:.0f} of something") for i in range(9)
    )
    features = pd.DataFrame({feature.name: [float(i)] for i, feature in enumerate(many)})
    contributions = pd.DataFrame({feature.name: [0.1 * (i + 1)] for i, feature in enumerate(many)})
    reasons = explain(contributions, features, many).lists()[0]
    assert [reason["text"] for reason in reasons] == [f"{i} of something" for i in (8, 7, 6, 5, 4)]


def test_families_add_up_to_the_same_logit():
    random = np.random.default_rng(0)
    columns = [*(feature.name for feature in CATALOGUE), "btyd_logit", "btyd_spend", "baseline"]
    contributions = pd.DataFrame(random.normal(size=(2, len(columns))), columns=columns, index=FEATURES.index)
    by_family = contributions_by_family(contributions, CATALOGUE)
    assert set(by_family.columns) == {"baseline", "frequency", "rhythm", "money", "engagement: support"}
    assert by_family.sum(axis=1).to_list() == pytest.approx(contributions.sum(axis=1).to_list())


def test_nobody_asked_about_needs_no_reasons():
    assert explain(added(frequency=[0.1, 0.2]).head(0), FEATURES.head(0), CATALOGUE).lists() == []
