"""What a shop could use instead of Tenure: six peers, each knowing only the past of its date."""

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from models.cells import Floats
from models.renewals import fit_renewals
from models.standing import has_contracts
from training.textbook import TextbookForecast, forecast_bgnbd, forecast_paretonbd

RFM = ("frequency", "recency", "T", "monetary_value", "days_since_last_purchase", "historic_spend")


@dataclass(frozen=True)
class PeerView:
    """What a peer may know on a date.

    `features`: one row per customer as of the date. `earlier`: the same one window before, for those who
    were customers then, with what they did in the window that closes at the date: `returned` (0 or 1) and
    `spend` (net, shop currency). `everybody`: those of `features` and the customers who are not asked about,
    because their contracts have ended or fall due later: what a model of all customers is fitted to.
    """

    features: pd.DataFrame
    earlier: pd.DataFrame
    window_days: int
    seed: int
    everybody: pd.DataFrame


@dataclass(frozen=True)
class PeerForecast:
    """P(return) and expected spend in the window, one row per customer; `note` says what to know about it."""

    p_return: Floats
    spend: Floats
    note: str = ""


def base_rate(view: PeerView) -> PeerForecast:
    """Everybody returns as often, and spends as much, as customers did in the last window."""
    customers = len(view.features)
    return PeerForecast(
        np.full(customers, _rate(view.earlier)), np.full(customers, float(view.earlier["spend"].mean()))
    )


def days_since_last_purchase(view: PeerView) -> PeerForecast:
    """The longer silent, the surer gone; spend as that of equally silent customers in the last window."""
    silence, earlier_silence = (
        np.log(table["days_since_last_purchase"].to_numpy(dtype=float))
        for table in (view.features, view.earlier)
    )
    edges = np.unique(np.quantile(earlier_silence, np.linspace(0, 1, 11)[1:-1]))
    mean_spend = view.earlier["spend"].groupby(np.digitize(earlier_silence, edges)).mean()
    spend = pd.Series(np.digitize(silence, edges)).map(mean_spend).fillna(view.earlier["spend"].mean())
    return PeerForecast(_logistic(view, earlier_silence, silence), spend.to_numpy(dtype=float))


def persistence(view: PeerView) -> PeerForecast:
    """Who bought in the last window buys again, as much."""
    days, spend = f"purchase_days_{view.window_days}d", f"spend_{view.window_days}d"
    return PeerForecast(
        _logistic(
            view, np.log1p(view.earlier[days].to_numpy(float)), np.log1p(view.features[days].to_numpy(float))
        ),
        view.features[spend].to_numpy(dtype=float),
    )


def bgnbd_gamma_gamma(view: PeerView) -> PeerForecast:
    """BG/NBD x Gamma-Gamma."""
    found = forecast_bgnbd(view.everybody, view.window_days, view.seed)
    return _of_those_asked(view, found)


def paretonbd_gamma_gamma(view: PeerView) -> PeerForecast:
    """Pareto/NBD x Gamma-Gamma."""
    found = forecast_paretonbd(view.everybody, view.window_days, view.seed)
    return _of_those_asked(view, found)


def shifted_beta_geometric(view: PeerView) -> PeerForecast:
    """The shifted-beta-geometric of each period of contract; spend is the price of the renewals."""
    models = fit_renewals(view.everybody, view.seed)
    renewing = models.probability_of_renewal(view.features)
    spend = models.expected_renewals(view.features, view.window_days) * view.features["contract_amount"]
    ordering = base_rate(view)
    return PeerForecast(
        np.where(np.isnan(renewing), ordering.p_return, renewing),
        np.where(np.isnan(renewing), ordering.spend, spend),
    )


def lightgbm_on_rfm(view: PeerView) -> PeerForecast:
    """LightGBM as it comes, on recency, frequency and money of one earlier date."""
    columns = list(RFM)
    settings = {
        "learning_rate": 0.05,
        "num_leaves": 15,
        "min_child_samples": 20,
        "seed": view.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 2,
        "verbosity": -1,
    }

    def boost(objective: str, target: str) -> Floats:
        learned = lgb.train(
            settings | {"objective": objective},
            lgb.Dataset(view.earlier[columns], view.earlier[target].to_numpy(dtype=float)),
            num_boost_round=100,
        )
        return np.asarray(learned.predict(view.features[columns]), dtype=float)

    p_return = boost("binary", "returned") if 0 < _share(view.earlier) < 1 else base_rate(view).p_return
    return PeerForecast(p_return, np.maximum(boost("regression", "spend"), 0.0))


PEERS: dict[str, Callable[[PeerView], PeerForecast]] = {
    "base rate": base_rate,
    "days since last purchase": days_since_last_purchase,
    "persistence": persistence,
    "BG/NBD x Gamma-Gamma": bgnbd_gamma_gamma,
    "Pareto/NBD x Gamma-Gamma": paretonbd_gamma_gamma,
    "LightGBM on RFM": lightgbm_on_rfm,
}
OURS = "Tenure"


def peers_of(view: PeerView) -> dict[str, Callable[[PeerView], PeerForecast]]:
    """The peers of a shop: where it has contracts, the textbook's model of renewals is one."""
    return PEERS | {"sBG": shifted_beta_geometric} if has_contracts(view.features) else PEERS


SIMPLE = ("base rate", "days since last purchase", "persistence")
"""The peers that need no model: what the grade is measured against."""


def simple_peers_of(view: PeerView) -> dict[str, Callable[[PeerView], PeerForecast]]:
    """What the grade is measured against: where renewals are asked about, their textbook model too.

    Of contracts, silence and past spend say next to nothing, and to beat them alone would be no art.
    """
    peers = peers_of(view)
    return {name: peers[name] for name in peers if name in SIMPLE or name not in PEERS}


def _of_those_asked(view: PeerView, found: TextbookForecast) -> PeerForecast:
    rows = view.everybody["customer_id"].isin(view.features["customer_id"]).to_numpy()
    return PeerForecast(found.p_return[rows], found.spend[rows], f"fitted by {found.fitted_by}")


def _logistic(view: PeerView, earlier: Floats, now: Floats) -> Floats:
    """P(return) by one number, as it was related to returning in the last window."""
    if not 0 < _share(view.earlier) < 1:
        return np.full(len(now), _rate(view.earlier))
    learned = LogisticRegression(C=1e6).fit(earlier[:, None], view.earlier["returned"].to_numpy())
    return np.asarray(learned.predict_proba(now[:, None])[:, 1], dtype=float)


def _share(earlier: pd.DataFrame) -> float:
    return float(earlier["returned"].mean()) if len(earlier) else 0.0


def _rate(earlier: pd.DataFrame) -> float:
    """The share that returned, with half a customer added to either side: never 0 or 1."""
    return float((earlier["returned"].sum() + 0.5) / (len(earlier) + 1.0))
