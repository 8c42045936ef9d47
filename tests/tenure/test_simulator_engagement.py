"""Interactions: they fade before a customer goes, and say no more than that."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from tenure.simulator import simulate
from tenure.simulator.kinds import EXPOSURE, KINDS

WEEKS_BEFORE = 4
EXPOSURE_NAMES = [kind.name for kind in EXPOSURE]


@cache
def told(world: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Interactions with each customer's truth, 60 a year; and the truth."""
    shop = simulate(5_000, 7, world, interactions_per_year=60)
    truth = shop.truth.to_pandas().merge(shop.customers.to_pandas(), on="customer_id")
    return shop.interactions.to_pandas().merge(truth, on="customer_id"), truth


def events_per_week(events: pd.DataFrame, truth: pd.DataFrame, first_week: int, last_week: int) -> float:
    """Events a week, counted from the dropout, of customers who left by 2025-09-01 after 20 weeks or more."""
    there = (truth["dropout_at"] < "2025-09-01") & (
        truth["dropout_at"] - truth["signed_up_at"] > pd.Timedelta(weeks=20)
    )
    own = events[events["customer_id"].isin(truth["customer_id"][there])]
    week = (own["occurred_at"] - own["dropout_at"]) / pd.Timedelta(weeks=1)
    return float(week.between(first_week, last_week).sum() / there.sum() / (last_week - first_week))


@pytest.mark.parametrize("world", ["regular", "returning"])
def test_interest_fades_in_the_weeks_before_a_customer_leaves(world: str) -> None:
    events, truth = told(world)
    engagement = events[~events["kind"].isin(EXPOSURE_NAMES) & (events["kind"] != "support")]
    long_before = events_per_week(engagement, truth, -20, -10)
    just_before = events_per_week(engagement, truth, -2, 0)
    gone = events_per_week(engagement, truth, 2, 12)
    assert just_before < 0.5 * long_before
    assert gone < 0.2 * long_before


@pytest.mark.parametrize("world", ["bgnbd", "seasonal"])
def test_where_leaving_is_decided_at_a_purchase_interest_fades_in_the_weeks_after_it(world: str) -> None:
    events, truth = told(world)
    engagement = events[~events["kind"].isin(EXPOSURE_NAMES) & (events["kind"] != "support")]
    before = events_per_week(engagement, truth, -20, 0)
    fading = events_per_week(engagement, truth, 2, 5)
    gone = events_per_week(engagement, truth, 10, 16)
    assert 0.3 * before < fading < 0.8 * before
    assert gone < 0.2 * before


@pytest.mark.parametrize("world", ["bgnbd", "regular"])
def test_what_the_shop_sends_does_not_fade(world: str) -> None:
    events, truth = told(world)
    exposure = events[events["kind"].isin(EXPOSURE_NAMES)]
    before = events_per_week(exposure, truth, -20, -10)
    assert events_per_week(exposure, truth, 2, 12) == pytest.approx(before, rel=0.15)


def test_leavers_complain_more_wait_longer_and_score_lower() -> None:
    events, truth = told("regular")
    support = events[events["kind"] == "support"]
    assert events_per_week(support, truth, -3, 0) > 1.5 * events_per_week(support, truth, -20, -10)
    is_leaving = (events["dropout_at"] - events["occurred_at"]).between(
        pd.Timedelta(0), pd.Timedelta(weeks=2)
    )
    wait = (events["resolved_at"] - events["occurred_at"]) / pd.Timedelta(days=1)
    assert wait[is_leaving].mean() > 1.5 * wait[~is_leaving & events["is_alive"]].mean()
    for kind in ["survey_csat", "survey_nps", "review"]:
        score = events["score"][events["kind"] == kind]
        assert score[is_leaving].mean() < score[~is_leaving & events["is_alive"]].mean() - 0.5


def test_a_pause_is_quiet() -> None:
    events, truth = told("returning")
    recent = events[(events["occurred_at"] >= "2025-12-01") & ~events["kind"].isin(EXPOSURE_NAMES)]
    counts = recent.groupby("customer_id").size().reindex(truth["customer_id"], fill_value=0).to_numpy()
    counts = counts / truth["engagement"].to_numpy()
    old = (truth["signed_up_at"] < "2025-10-01").to_numpy()
    paused, alive = truth["is_paused"].to_numpy(), truth["is_alive"].to_numpy()
    assert np.median(counts[old & paused]) < 0.6 * np.median(counts[old & alive & ~paused])


def test_every_kind_comes_with_its_own_columns_and_no_others() -> None:
    events, _ = told("mixed")
    assert set(events["kind"]) == {kind.name for kind in KINDS}
    given = events.groupby("kind")[
        ["duration_seconds", "pages", "score", "points", "text", "channel"]
    ].count()
    expected = {kind.name: set() for kind in KINDS}
    expected["session"] = {"duration_seconds", "pages", "channel"}
    expected["review"] = {"score", "text"}
    for kind in ["survey_csat", "survey_nps", "survey_ces"]:
        expected[kind] = {"score"}
    for kind in ["loyalty_earn", "loyalty_redeem"]:
        expected[kind] = {"points"}
    for kind in ["social", "support", "cart_abandoned", "campaign_received"]:
        expected[kind] = {"channel"}
    assert {kind: set(given.columns[given.loc[kind] > 0]) for kind in given.index} == expected
    ranges = events.groupby("kind")["score"].agg(["min", "max"]).dropna()
    assert ranges.loc["survey_csat"].tolist() == [1, 5]
    assert ranges.loc["survey_nps"].tolist() == [0, 10]
    assert ranges.loc["survey_ces"].tolist() == [1, 7]
    assert set(events["kind"][events["resolved_at"].notna()]) == {"support"}


def test_intensity_is_a_dial() -> None:
    few = simulate(2_000, 7, "mixed", interactions_per_year=5).interactions
    many = simulate(2_000, 7, "mixed", interactions_per_year=50).interactions
    assert len(many) / len(few) == pytest.approx(10, rel=0.05)
