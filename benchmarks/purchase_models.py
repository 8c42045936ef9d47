"""BG/NBD x Gamma-Gamma from purchase histories to a year's CLV: beside lifetimes, on the same summary.

The CLV is that of lifetimes: expected spend times the purchases of twelve months of 30 days, those of the n-th month
divided by 1.01^n.

    python -m benchmarks purchase_models --customers 1000000
"""

import warnings
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.row import Row, timed
from models.bgnbd import BgNbd, fit_bgnbd
from models.cells import group_cells
from models.discount import Discount
from models.gamma_gamma import GammaGamma, fit_gamma_gamma
from tenure.simulator import Scenario, simulate

CUSTOMERS = 1_000_000
MONTH_DAYS, MONTHS, MONTHLY_RATE = 30, 12, 0.01
RANDOM, MODELS = 100_000, 5
WANTED = ("at most", 1 / 20)


def rows(customers: int, seed: int) -> list[Row]:
    """The fits, the predictions, both together, and how far parameters and predictions lie apart."""
    warnings.simplefilter("ignore")
    import lifetimes

    summary = _summary(customers, seed)
    repeat = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    history = summary["frequency"], summary["recency"], summary["T"]
    money = summary["monetary_value"]
    discount = Discount.by_the_period(MONTH_DAYS, MONTHS, MONTHLY_RATE)

    def fit_ours() -> tuple[BgNbd, GammaGamma]:
        counts = fit_bgnbd(group_cells(summary), seed)
        return counts, fit_gamma_gamma(repeat["frequency"], repeat["monetary_value"], seed)

    def fit_theirs() -> tuple[Any, Any]:
        counts = lifetimes.BetaGeoFitter().fit(*history)
        return counts, lifetimes.GammaGammaFitter().fit(repeat["frequency"], repeat["monetary_value"])

    fitting, (counts, spend) = timed(fit_ours, runs=1)
    fitting_theirs, (peer, spend_peer) = timed(fit_theirs, runs=1)
    parameters = _apart(
        (counts.r, counts.alpha, counts.a, counts.b, spend.p, spend.q, spend.v),
        [*(peer.params_[name] for name in ("r", "alpha", "a", "b")), *(spend_peer.params_[n] for n in "pqv")],
    )

    def clv_ours() -> Any:
        return counts.discounted_purchases(discount, *history) * spend.expected_spend(history[0], money)

    def clv_theirs() -> Any:
        return spend_peer.customer_lifetime_value(
            peer, *history, money, time=MONTHS, discount_rate=MONTHLY_RATE, freq="D"
        )

    predicting, clv = timed(clv_ours, runs=1)
    predicting_theirs, clv_peer = timed(clv_theirs, runs=1)
    who = f"{customers:,} customers"
    return [
        Row(f"fit BG/NBD and Gamma-Gamma, {who}", fitting, "lifetimes", fitting_theirs),
        Row(f"their CLV of {MONTHS} months", predicting, "lifetimes", predicting_theirs),
        Row(
            "both",
            fitting + predicting,
            "lifetimes",
            fitting_theirs + predicting_theirs,
            f"parameters within {parameters:.1e}, CLV within {_apart(clv, clv_peer):.1e}",
            wanted=WANTED,
        ),
        *_random_customers(seed),
    ]


def _random_customers(seed: int) -> list[Row]:
    """Predictions for customers of every kind by models of every kind; lifetimes cannot divide by a = 1.

    Nothing is compared where lifetimes has no digits: its two terms nearly cancel for those who are almost surely gone.
    """
    import lifetimes

    random = np.random.default_rng(seed)
    horizon, seconds, seconds_theirs, apart = MONTH_DAYS * MONTHS, 0.0, 0.0, 0.0
    compared = finite = finite_theirs = 0
    for number in range(MODELS):
        r, alpha, a, b = (np.exp(random.normal(0, 1, 4)) * [0.5, 25.0, 1.0, 3.0]).tolist()
        a = 1.0 if number == 0 else a
        frequency = random.integers(0, 60, RANDOM // MODELS).astype(float)
        age = random.integers(1, 1_500, len(frequency)).astype(float)
        recency = np.where(frequency > 0, np.ceil(age * random.random(len(frequency))), 0.0)
        history = [pd.Series(column) for column in (frequency, recency, age)]
        peer = lifetimes.BetaGeoFitter()
        peer.params_ = pd.Series({"r": r, "alpha": alpha, "a": a, "b": b})
        model = BgNbd(r, alpha, a, b, report=None)  # type: ignore[arg-type]
        took, ours = timed(partial(model.expected_purchases, horizon, *history), runs=1)
        seconds += took
        with np.errstate(all="ignore"):
            took, theirs = timed(
                partial(peer.conditional_expected_number_of_purchases_up_to_time, horizon, *history), runs=1
            )
        seconds_theirs += took
        theirs = np.asarray(theirs)
        sound = np.isfinite(theirs) & (ours > 1e-3)
        compared += int(sound.sum())
        finite += int(np.isfinite(ours).sum())
        finite_theirs += int(np.isfinite(theirs).sum())
        apart = max(apart, _apart(ours[sound], theirs[sound])) if sound.any() else apart
    return [
        Row(
            f"expected purchases, {RANDOM:,} random customers of {MODELS} random models",
            seconds,
            "lifetimes",
            seconds_theirs,
            f"within {apart:.1e} for {compared:,}; finite: {finite:,} of ours, {finite_theirs:,} of theirs",
        )
    ]


def _apart(ours: Any, theirs: Any) -> float:
    theirs = np.asarray(theirs, dtype=float)
    return float(np.nanmax(np.abs(np.asarray(ours) / theirs - 1.0)))


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
