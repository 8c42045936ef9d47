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
TYPICAL = TypicalHistory(frequency=2, days_since_last_purchase=50, T=200)


def of_bgnbd(frequency, recency, T):
    shop = BgNbd(0.6, 40.0, 0.9, 2.0, report=None)
    return logit(shop.probability_of_return(90, frequency, recency, T))


def test_the_parts_add_up_to_the_answer():
    shares = share_history(of_bgnbd, FEATURES, TYPICAL)
    own = of_bgnbd(FEATURES["frequency"], FEATURES["recency"], FEATURES["T"])
    assert shares.sum(axis=1).to_numpy() == pytest.approx(own)


def test_six_lives_differ_from_the_typical_one_in_the_part_that_anyone_would_name():
    parts = share_history(of_bgnbd, FEATURES, TYPICAL).drop(columns="baseline")
    assert parts.loc["typical"].abs().max() == pytest.approx(0, abs=1e-12)
    assert parts.loc["loyal"].idxmax() == "frequency"
    assert parts.loc["lapsed"].idxmin() == "days_since_last_purchase"
    assert parts.loc["new"].idxmin() == "frequency"


def test_a_part_that_is_typical_adds_what_it_adds_by_itself():
    def additive(frequency, recency, T):
        return 3.0 * frequency - 0.1 * (T - recency + 1.0) + 0.01 * T

    came_back = FEATURES[FEATURES["frequency"] > 0]
    shares = share_history(additive, came_back, TYPICAL)
    assert shares["frequency"].tolist() == pytest.approx([51.0, 9.0, 0.0])
    assert shares["days_since_last_purchase"].tolist() == pytest.approx([4.6, -15.0, 0.0])
    assert shares["T"].tolist() == pytest.approx([1.99, 1.99, 0.0])


def test_the_typical_history_is_the_median_and_survives_json():
    typical = TypicalHistory.of(FEATURES)
    assert typical == TypicalHistory(frequency=2.0, days_since_last_purchase=50.0, T=249.0)
    assert TypicalHistory(**typical.to_json()) == typical
