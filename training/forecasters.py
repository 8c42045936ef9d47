"""Tenure and its peers on one past date: what each said, and what then happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.build import build_features
from features.door import Shop
from features.plan import plan_features
from training.labels import label_customers
from training.peers import PEERS, PeerForecast, PeerView

OURS = "Tenure"


@dataclass(frozen=True)
class Hindsight:
    """One question on one past date: every forecaster's answer beside the outcome, row by row.

    `outcomes` has `customer_id`, `returned` (0 or 1) and `spend` (net, shop currency) in
    `[as_of, as_of + window_days)`; `forecasts` holds an answer per forecaster in the same order.
    """

    as_of: date
    window_days: int
    outcomes: pd.DataFrame
    forecasts: dict[str, PeerForecast]


def look_back(
    shop: Shop, as_of: date, window_days: int, ours: pd.DataFrame, seed: int, tick: Callable[[str], None]
) -> Hindsight:
    """Ask the peers what they would have said on `as_of`, and compare with what happened.

    `ours` holds Tenure's answer for every customer of that date: `customer_id`, `p_return`, `spend`.
    """
    view = view_past(shop, as_of, window_days, seed)
    outcomes = view.features[["customer_id"]].merge(
        _outcomes(shop, as_of, window_days), on="customer_id", how="left", validate="one_to_one"
    )
    answers = view.features[["customer_id"]].merge(ours, on="customer_id", how="left", validate="one_to_one")
    forecasts = {OURS: PeerForecast(answers["p_return"].to_numpy(float), answers["spend"].to_numpy(float))}
    for name, ask in PEERS.items():
        tick(f"{as_of}: {name}")
        forecasts[name] = ask(view)
    return Hindsight(as_of, window_days, outcomes, forecasts)


def view_past(shop: Shop, as_of: date, window_days: int, seed: int) -> PeerView:
    """What a peer may know on `as_of`: purchases before it, and what became of those of one window earlier."""
    before = as_of - timedelta(days=window_days)
    plan = plan_features(shop, as_of, window_days, ())

    def features(day: date) -> pd.DataFrame:
        table = build_features(shop.purchases, None, None, day, plan).to_pyarrow().to_pandas()
        return table.sort_values("customer_id", ignore_index=True)

    earlier = features(before).merge(
        _outcomes(shop, before, window_days), on="customer_id", how="left", validate="one_to_one"
    )
    return PeerView(features(as_of), earlier, window_days, seed)


def _outcomes(shop: Shop, as_of: date, window_days: int) -> pd.DataFrame:
    labels = label_customers(shop.purchases, as_of, window_days).to_pyarrow().to_pandas()
    return pd.DataFrame(
        {
            "customer_id": labels["customer_id"],
            "returned": (labels["purchase_days"] > 0).astype(np.float64),
            "spend": labels["spend"].astype(np.float64),
        }
    )
