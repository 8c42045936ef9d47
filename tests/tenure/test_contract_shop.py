"""The whole job on a simulated shop of contracts, by the command line, held against its truth."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.scores import NAMES
from tenure.simulator import PERIOD, SUBSCRIPTION, Scenario, simulate_contracts, write_contracts

SCENARIO = Scenario(
    customers=700,
    seed=11,
    world=SUBSCRIPTION,
    history_days=540,
    churn_window_days=PERIOD,
    clv_horizon_days=PERIOD,
    interactions_per_year=0,
    opted_out_share=0.0,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    write_contracts(simulate_contracts(SCENARIO), SCENARIO, folder)
    return folder


@pytest.fixture(scope="module")
def truth(shop) -> pd.DataFrame:
    return pd.read_parquet(shop / "truth.parquet").set_index("customer_id")


@pytest.fixture
def scores(shop) -> pd.DataFrame:
    return pd.read_parquet(shop / "scores.parquet").set_index("customer_id")


def test_check_tells_what_the_contracts_are_like(shop, truth, tenure):
    said = tenure("check", "--config", shop / "tenure.toml")
    assert said.code == 0, said.err
    running = int(truth["is_alive"].sum())
    assert f"of which {running:,} run, held by {running:,} customers" in said.out
    assert f"from one renewal to the next: 30 days {running:,}." in said.out
    assert "Contracts are observed until 2026-01-01" in said.out
    assert "own gaps propose 30." in said.out


def test_a_window_shorter_than_the_period_is_explained(shop, tenure):
    short = shop / "short.toml"
    short.write_text(
        (shop / "tenure.toml").read_text().replace("churn_window_days = 30", "churn_window_days = 10")
    )
    said = tenure("check", "--config", short)
    assert "of the running contracts fall due after the churn window of 10 days" in said.out
    assert "A churn window of 30 days asks about everybody." in said.out


def test_contracts_are_not_predicted_from_a_day_after_the_export(shop, tenure):
    said = tenure("train", "--config", shop / "tenure.toml", "--as-of", "2026-01-02")
    assert said.code == 2
    assert "--as-of 2026-01-02: contracts are observed until 2026-01-01 only." in said.err


def test_the_shop_is_learned_and_scored(shop, tenure):
    trained = tenure("train", "--config", shop / "tenure.toml")
    assert trained.code == 0, trained.err
    assert "Learned from" in trained.out
    assert "did not renew within 30 days; picking by fewest renewals finds" in trained.out.replace("\n", " ")
    scored = tenure("score", "--config", shop / "tenure.toml")
    assert scored.code == 0, scored.err
    assert "as of 2026-01-01 by model version 1: 700 customers" in scored.out
    assert tenure("export", "--config", shop / "tenure.toml", "--out", shop / "scores.parquet").code == 0


def test_who_holds_a_contract_has_a_score_and_who_has_left_is_told_so(scores, truth):
    assert ("customer_id", *scores.columns) == NAMES
    assert (scores["eligible"] == truth["is_alive"].loc[scores.index]).all()
    left = scores[~scores["eligible"]]
    assert left["ineligible_reason"].str.match(r"The last contract ended on \d{4}-\d\d-\d\d: there is").all()
    assert left[["churn_probability", "clv", "value_tier", "reasons"]].isna().all(axis=None)
    assert left["rfm_segment"].notna().all()


def test_renewals_are_foretold_near_the_truth(scores, truth):
    """Mean forecast and its order beside each customer's posterior under the parameters of the world."""
    asked = scores[scores["eligible"]]
    known = truth.loc[asked.index]
    renews = 1 - asked["churn_probability"]
    assert renews.mean() == pytest.approx(known["probability_of_return"].mean(), abs=0.05)
    assert renews.corr(known["posterior_probability_of_return"], method="spearman") > 0.7
    order = np.argsort(renews.to_numpy())
    thirds = np.array_split(order, 3)
    for third in thirds:
        mean_truth = known["probability_of_return"].to_numpy()[third].mean()
        assert renews.to_numpy()[third].mean() == pytest.approx(mean_truth, abs=0.08)


def test_the_next_payment_is_expected_on_the_day_it_falls_due(shop, scores):
    contracts = pd.read_parquet(shop / "subscriptions.parquet")
    running = contracts[contracts["ended_at"].isna() | (contracts["ended_at"] >= "2026-01-01")]
    started = running.set_index("customer_id")["started_at"].dt.normalize()
    age = (pd.Timestamp("2026-01-01") - started).dt.days
    due = pd.Timestamp("2026-01-01") + pd.to_timedelta(-age % PERIOD, unit="D")
    told = pd.to_datetime(scores.loc[due.index, "expected_next_purchase_at"])
    assert ((told - due).abs() <= timedelta(days=1)).mean() > 0.95


def test_reasons_speak_of_renewals(scores):
    reasons = scores.loc[scores["eligible"], "reasons"].astype(str)
    assert reasons.str.contains("has renewed").mean() > 0.5


def test_the_backtest_sets_the_textbook_beside_it(shop, tenure):
    """On one date: each further one takes as long, and is tested the same way."""
    said = tenure("backtest", "--config", shop / "tenure.toml", "--as-of", "2025-11-01", "--dates", 1)
    assert said.code == 0, said.err
    assert "sBG" in said.out
    assert "the best peer" in said.out


def test_the_monitor_looks_after_contracts_too(shop, tenure):
    said = tenure("monitor", "--config", shop / "tenure.toml", "--as-of", "2026-01-01")
    assert said.code == 0, said.out
    assert said.out.splitlines()[-1] == "Version 1, trained 0 days before 2026-01-01, is still good."
