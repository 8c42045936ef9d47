"""Fitting BG/NBD and Gamma-Gamma and expecting a year of purchases: beside lifetimes, on the same summary."""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.row import Row, timed
from models.bgnbd import fit_bgnbd
from models.cells import group_cells
from models.gamma_gamma import fit_gamma_gamma
from tenure.simulator import Scenario, simulate

CUSTOMERS = 100_000
HORIZON_DAYS = 365


def rows(customers: int, seed: int) -> list[Row]:
    """One row for the fits, one for the predictions; the note says how far the parameters lie apart."""
    warnings.simplefilter("ignore")
    import lifetimes

    summary = _summary(customers, seed)
    repeat = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    history = summary["frequency"], summary["recency"], summary["T"]

    def fit_ours() -> tuple[Any, Any]:
        return fit_bgnbd(group_cells(summary), seed), fit_gamma_gamma(
            repeat["frequency"], repeat["monetary_value"], seed
        )

    def fit_theirs() -> tuple[Any, Any]:
        counts = lifetimes.BetaGeoFitter().fit(*history)
        return counts, lifetimes.GammaGammaFitter().fit(repeat["frequency"], repeat["monetary_value"])

    ours, (model, _) = timed(fit_ours)
    theirs, (peer, _) = timed(fit_theirs)
    apart = max(
        abs(getattr(model, name) / float(peer.params_[name]) - 1) for name in ("r", "alpha", "a", "b")
    )
    fits = Row(
        f"fit BG/NBD and Gamma-Gamma to {customers:,} customers",
        ours,
        "lifetimes",
        theirs,
        f"parameters within {apart:.1e}",
    )
    ours, expected = timed(lambda: model.expected_purchases(HORIZON_DAYS, *history))
    theirs, expected_by_peer = timed(
        lambda: peer.conditional_expected_number_of_purchases_up_to_time(HORIZON_DAYS, *history)
    )
    apart = float(np.nanmax(np.abs(expected / np.asarray(expected_by_peer) - 1)))
    return [fits, Row("expected purchases of a year", ours, "lifetimes", theirs, f"within {apart:.1e}")]


def _summary(customers: int, seed: int) -> pd.DataFrame:
    shop = simulate(customers, seed, "bgnbd", interactions_per_year=0)
    orders = shop.purchases.to_pandas()
    orders = orders[orders["amount"] >= 0]
    days = orders.groupby(["customer_id", orders["ordered_at"].dt.normalize()], sort=False)["amount"].sum()
    days = days.rename("spend").reset_index()
    first = days.groupby("customer_id")["ordered_at"].transform("min")
    by_customer = days.groupby("customer_id")["ordered_at"].agg(["min", "max", "count"])
    end = pd.Timestamp(Scenario(customers=1, seed=0, world="bgnbd").as_of) - pd.Timedelta(days=1)
    return pd.DataFrame(
        {
            "frequency": by_customer["count"] - 1,
            "recency": (by_customer["max"] - by_customer["min"]).dt.days,
            "T": (end - by_customer["min"].dt.tz_localize(None)).dt.days,
            "monetary_value": days[days["ordered_at"] > first].groupby("customer_id")["spend"].mean(),
        }
    ).fillna({"monetary_value": 0.0})
