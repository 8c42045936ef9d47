"""Shops of contracts with little to learn from: a model with numbers that can be shown, and never a crash."""

from datetime import date, timedelta

import numpy as np
import pytest

from features.build import build_features
from features.door.open import DataSettings, open_shop
from models.assignments import AssignmentRules
from models.horizons import Horizons
from training.train import train

AS_OF = date(2026, 1, 1)


def contracts(number, ended=lambda nth: "", period=30, days=200):
    """`number` customers who started one after the other, evenly over the last `days`."""
    rows = []
    for nth in range(number):
        start = AS_OF - timedelta(days=1 + nth * days // number)
        rows.append(f"c{nth:03d},{start},{ended(nth)},{period},{10 + nth % 2}\n")
    return "".join(rows)


SHOPS = {
    "three customers": contracts(3),
    "nobody has left": contracts(60),
    "everybody has left": contracts(60, ended=lambda nth: AS_OF - timedelta(days=1) if nth else "2025-12-31"),
    "every contract falls due later": contracts(60, period=365),
    "free of charge": contracts(60).replace(",10\n", ",0\n").replace(",11\n", ",0\n"),
}


@pytest.mark.parametrize("rows", SHOPS.values(), ids=SHOPS.keys())
def test_a_shop_of_contracts_is_answered_whatever_it_is_like(rows, tmp_path):
    (tmp_path / "s.csv").write_text("customer_id,started_at,ended_at,period_days,amount\n" + rows)
    settings = DataSettings(subscriptions="s.csv", observed_until=AS_OF)
    shop = open_shop(settings, tmp_path)
    horizons = Horizons(churn_window_days=30, clv_horizon_days=30)
    model = train(shop, AS_OF, horizons, AssignmentRules(), (), 0, lambda *_: None).model
    features = build_features(shop.purchases, None, None, AS_OF, model.plan).to_pyarrow().to_pandas()
    answers = model.predict(features, AS_OF)
    asked = answers[answers["eligible"]]
    assert asked["churn_probability"].between(0, 1, inclusive="neither").all()
    money = asked[["clv", "clv_low", "clv_median", "clv_high", "value_at_risk", "expected_purchases"]]
    assert np.isfinite(money.to_numpy(dtype=float)).all()
    assert (money >= 0).all(axis=None)
    assert answers.loc[~answers["eligible"], "ineligible_reason"].str.endswith(".").all()
    written = model.predict_written(features, AS_OF)["reasons"]
    assert written.isna().tolist() == (~answers["eligible"]).tolist()
    assert model.why.endswith(".")
