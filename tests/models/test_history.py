import pandas as pd
import pytest
from scipy.special import logit

from models.bgnbd import BgNbd
from models.history import TypicalHistory, share_history

LIVES = ["loyal", "lapsed", "one_time", "new", "typical"]
FEATURES = pd.DataFrame(
    {
        "frequency": [19, 5, 0, 0, 2],
        "recency": [396, 200, 0, 0, 151],
        "days_since_last_purchase": [4, 200, 250, 5, 50],
        "T": [399, 399, 249, 4, 200],
    },
    index=LIVES,
)
TYPICAL = TypicalHistory(frequency=2, T=200)
GAP_DAYS = 60.0


def of_bgnbd(frequency, recency, T):
    shop = BgNbd(0.6, 40.0, 0.9, 2.0, report=None)
    return logit(shop.probability_of_return(90, frequency, recency, T))


def test_the_parts_add_up_to_the_answer():
    shares = share_history(of_bgnbd, FEATURES, TYPICAL, GAP_DAYS)
    own = of_bgnbd(FEATURES["frequency"], FEATURES["recency"], FEATURES["T"])
    assert shares.sum(axis=1).to_numpy() == pytest.approx(own)


def test_lives_differ_from_the_typical_one_in_the_part_that_anyone_would_name():
    parts = share_history(of_bgnbd, FEATURES, TYPICAL, GAP_DAYS).drop(columns="baseline")
    assert parts.loc["typical"].abs().max() == pytest.approx(0, abs=0.2)  # 50 days silent, 64 are usual
    assert parts.loc["loyal"].idxmax() == "frequency"
    assert parts.loc["lapsed"].idxmin() == "silence_log_ratio"
    assert parts.loc["one_time", "silence_log_ratio"] < -0.1
    assert parts.loc["new"].idxmin() == "frequency"
    assert parts.loc["new", "silence_log_ratio"] == pytest.approx(0)


def test_a_good_customer_who_stopped_is_at_risk_for_the_silence_and_not_for_having_bought_often():
    stopped = pd.DataFrame(
        {"frequency": [32], "recency": [321], "days_since_last_purchase": [225], "T": [545]},
        index=["stopped"],
    )
    rare = TypicalHistory(frequency=0, T=460)
    parts = share_history(of_bgnbd, stopped, rare, GAP_DAYS).loc["stopped"]
    assert parts["silence_log_ratio"] < -1
    assert parts["frequency"] > 0


def test_the_typical_history_is_the_median_and_survives_json():
    typical = TypicalHistory.of(FEATURES)
    assert typical == TypicalHistory(frequency=2.0, T=249.0)
    assert TypicalHistory.from_json(typical.to_json()) == typical
    assert (
        TypicalHistory.from_json({"frequency": 2.0, "days_since_last_purchase": 9.0, "T": 249.0}) == typical
    )
