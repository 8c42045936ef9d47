import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from models.assignments import AssignmentRules
from models.segments import DEFAULT_RULES, SegmentRule, assign_segments, learn_rfm, rfm_scores

# Twenty customers who fill the fifths: the first bought yesterday, the last half a year ago.
SHOP = pd.DataFrame(
    {
        "days_since_last_purchase": range(1, 200, 10),
        "purchase_day_count": [9, 4, 1, 2, 6, 1, 1, 3, 1, 7, 1, 2, 5, 1, 3, 1, 8, 1, 1, 2],
        "historic_spend": [900, 40, 10, 20, 60, 10, 10, 30, 10, 70, 10, 20, 50, 10, 30, 10, 80, 10, 10, -5],
    },
    dtype=float,
)
EDGES = learn_rfm(SHOP)


def customers(*rows):
    return pd.DataFrame(rows, columns=["days_since_last_purchase", "purchase_day_count", "historic_spend"])


def test_the_lives_that_everyone_knows_get_their_names():
    six = customers(
        (3, 12, 2_000.0), (4, 1, 20.0), (50, 1, 20.0), (90, 5, 200.0), (130, 8, 500.0), (400, 9, 700.0)
    )
    assert assign_segments(six, EDGES, DEFAULT_RULES).tolist() == [
        "CHAMPIONS",
        "NEW",
        "PROMISING",
        "NEEDS_ATTENTION",
        "AT_RISK",
        "PREVIOUSLY_LOYAL",
    ]


def test_every_name_has_its_customers():
    rare = customers((5, 2, 20.0), (5, 7, 15.0), (130, 1, 5.0), (300, 1, 5.0))
    assert assign_segments(rare, EDGES, DEFAULT_RULES).tolist() == [
        "ACTIVE",
        "LOYAL",
        "ALMOST_LOST",
        "DORMANT",
    ]


def test_scores_are_fifths_but_frequency_one_is_a_single_day_of_buying():
    scores = rfm_scores(SHOP, EDGES)
    assert scores["r"].tolist() == [5] * 4 + [4] * 4 + [3] * 4 + [2] * 4 + [1] * 4
    assert scores.loc[SHOP["purchase_day_count"] == 1, "f"].unique().tolist() == [1]
    assert scores.loc[SHOP["purchase_day_count"] > 1, "f"].min() == 2
    assert scores["f"][0] == 5
    assert (scores["m"][0], scores["m"][19]) == (5, 1)


def test_who_has_not_bought_is_a_prospect():
    prospects = customers((np.nan, 0, 0.0), (np.nan, np.nan, -5.0))
    assert assign_segments(prospects, EDGES, DEFAULT_RULES).tolist() == ["PROSPECTS", "PROSPECTS"]


@pytest.mark.parametrize(
    ("shop", "segments"),
    [
        ([(1, 1, 10.0)], ["NEEDS_ATTENTION"]),
        ([(5, 3, 10.0)] * 4, ["NEEDS_ATTENTION"] * 4),
        ([(1, 4, 90.0), (30, 1, 10.0), (300, 1, 10.0)], ["ACTIVE", "NEEDS_ATTENTION", "DORMANT"]),
    ],
)
def test_a_tiny_shop_gets_no_extremes_without_a_reason(shop, segments):
    shop = customers(*shop)
    assert assign_segments(shop, learn_rfm(shop), DEFAULT_RULES).tolist() == segments


def test_a_grid_with_a_hole_is_refused_with_its_place():
    rules = [{"name": "CHAMPIONS", "r": [4, 5]}, {"name": "DORMANT", "r": [1, 3], "f": [1, 4]}]
    with pytest.raises(
        ValidationError, match="no rule takes customers with r = 1, f = 5, m = 1; add one or widen one"
    ):
        AssignmentRules.model_validate({"segments": rules})


def test_a_rule_that_can_take_nobody_is_refused():
    rules = [{"name": "ACTIVE"}, {"name": "DORMANT", "r": [1, 1]}]
    with pytest.raises(ValidationError, match="rule 2, DORMANT, takes nobody"):
        AssignmentRules.model_validate({"segments": rules})


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(ValidationError, match=r"NEW: f = \[3, 1\] is empty; the smaller comes first"):
        SegmentRule(name="NEW", f=(3, 1))


def test_an_unknown_name_is_refused():
    with pytest.raises(ValidationError, match="CHAMPIONS"):
        AssignmentRules.model_validate({"segments": [{"name": "WHALES"}]})


def test_a_shop_may_sort_its_customers_its_own_way():
    rules = AssignmentRules.model_validate(
        {
            "segments": [
                {"name": "LOYAL", "f": [4, 5]},
                {"name": "NEW", "f": [1, 1], "r": [3, 5]},
                {"name": "ACTIVE"},
            ]
        }
    )
    assert assign_segments(SHOP.head(4), EDGES, rules.segments).tolist() == [
        "LOYAL",
        "ACTIVE",
        "NEW",
        "ACTIVE",
    ]
