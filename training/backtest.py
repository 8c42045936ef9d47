"""The backtest: Tenure beside its peers on the shop's own past, trained on each date on what was known then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.errors import DataError
from training import metrics
from training.bootstrap import DatedForecasts, Difference, Metric, compare
from training.forecasters import OURS, Hindsight

MOST_DATES = 4
LEAST_EARLIER_WINDOWS = 2
"""A date needs so many windows of history: one to look at customers in, one to see what became of them."""


@dataclass(frozen=True)
class Judged:
    """A metric by which the backtest compares: what it looks at, and which way is better."""

    name: str
    of: str
    metric: Metric
    larger_is_better: bool


CHURN: tuple[Judged, ...] = (
    Judged("roc_auc", "return", metrics.roc_auc, True),
    Judged("log_loss", "return", metrics.log_loss, False),
    Judged("brier_score", "return", metrics.brier_score, False),
)
VALUE: tuple[Judged, ...] = (
    Judged("normalized_gini", "spend", metrics.normalized_gini, True),
    Judged("spearman", "spend", metrics.spearman, True),
    Judged("rmse", "spend", metrics.root_mean_squared_error, False),
)


@dataclass(frozen=True)
class Verdict:
    """Ours against the best peer in one metric, over all dates."""

    metric: str
    ours: float
    best_peer: str
    theirs: float
    difference: Difference
    verdict: str


@dataclass(frozen=True)
class Backtest:
    """What happened on every date, the metrics of every forecaster, and a verdict per metric.

    `churn` and `value` have one row per date and forecaster.
    """

    churn_window_days: int
    value_horizon_days: int
    churn: pd.DataFrame
    value: pd.DataFrame
    verdicts: tuple[Verdict, ...]


def past_dates(first_day: date, end: date, window_days: int) -> tuple[date, ...]:
    """The dates whose windows are over at `end`, newest first, a window apart, each with enough history.

    Raises DataError, with the numbers, when none fits.
    """
    dates = []
    as_of = end - timedelta(days=window_days)
    while (
        len(dates) < MOST_DATES and as_of - timedelta(days=LEAST_EARLIER_WINDOWS * window_days) >= first_day
    ):
        dates.append(as_of)
        as_of -= timedelta(days=window_days)
    if not dates:
        needed = (LEAST_EARLIER_WINDOWS + 1) * window_days
        raise DataError(
            f"No past date can be tested: a window of {window_days} days needs {needed} days of history, and "
            f"the purchases span {(end - first_day).days} ({first_day} to {end}). "
            "A shorter churn_window_days needs less."
        )
    return tuple(dates)


def judge_churn(hindsight: Hindsight) -> pd.DataFrame:
    """One row per forecaster: how well it told who returns. Lift and average precision look at the churners."""
    returned = hindsight.outcomes["returned"].to_numpy()
    rows = []
    for name, forecast in hindsight.forecasts.items():
        p = forecast.p_return
        rows.append(
            {
                "as_of": hindsight.as_of,
                "forecaster": name,
                "customers": len(returned),
                "churned_share": float(1 - returned.mean()),
                "roc_auc": metrics.roc_auc(returned, p),
                "average_precision": metrics.average_precision(1 - returned, 1 - p),
                "log_loss": metrics.log_loss(returned, p),
                "brier_score": metrics.brier_score(returned, p),
                "ece": metrics.ece(returned, p),
                "ece_noise_floor": metrics.ece_noise_floor(p),
                "lift_at_10pct": metrics.lift_at_10pct(1 - returned, 1 - p),
                "note": forecast.note,
            }
        )
    return pd.DataFrame(rows)


def judge_value(hindsight: Hindsight) -> pd.DataFrame:
    """One row per forecaster: how well it told who spends how much."""
    spend = hindsight.outcomes["spend"].to_numpy()
    rows = []
    for name, forecast in hindsight.forecasts.items():
        rows.append(
            {
                "as_of": hindsight.as_of,
                "forecaster": name,
                "customers": len(spend),
                "normalized_gini": metrics.normalized_gini(spend, forecast.spend),
                "spearman": metrics.spearman(spend, forecast.spend),
                "rmse": metrics.root_mean_squared_error(spend, forecast.spend),
                "decile_mape": metrics.decile_mape(spend, forecast.spend),
                "total_bias": metrics.total_bias(spend, forecast.spend),
                "top_decile_capture": metrics.top_decile_capture(spend, forecast.spend),
                "note": forecast.note,
            }
        )
    return pd.DataFrame(rows)


def judge_against_peers(
    hindsights: Sequence[Hindsight], judged: Sequence[Judged], seed: int
) -> list[Verdict]:
    """For each metric: the peer that did best over all dates (chosen after the fact), and ours against it."""
    codes = pd.Index(np.unique(np.concatenate([h.outcomes["customer_id"].to_numpy(str) for h in hindsights])))
    verdicts = []
    for judge in judged:
        dated = [
            DatedForecasts(
                customers=codes.get_indexer(h.outcomes["customer_id"].to_numpy(str)).astype(np.int64),
                actual=h.outcomes["returned" if judge.of == "return" else "spend"].to_numpy(),
                forecasts={
                    name: forecast.p_return if judge.of == "return" else forecast.spend
                    for name, forecast in h.forecasts.items()
                },
            )
            for h in hindsights
        ]
        means = {
            name: float(np.mean([judge.metric(d.actual, d.forecasts[name]) for d in dated]))
            for name in dated[0].forecasts
        }
        peers = {name: value for name, value in means.items() if name != OURS and np.isfinite(value)}
        best = (max if judge.larger_is_better else min)(peers, key=lambda name: peers[name])
        difference = compare(dated, OURS, [best], judge.metric, seed)[best]
        verdicts.append(
            Verdict(
                judge.name,
                means[OURS],
                best,
                means[best],
                difference,
                difference.verdict(judge.larger_is_better),
            )
        )
    return verdicts
