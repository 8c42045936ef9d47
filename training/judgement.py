"""How well each forecaster did in hindsight, and whether ours beat the best of the others beyond chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from training import metrics
from training.bootstrap import DatedForecasts, Difference, Metric, compare
from training.hindsight import OURS, Hindsight


@dataclass(frozen=True)
class Question:
    """A metric that decides: what it is measured on, and which way is better."""

    name: str
    measured_on: str
    metric: Metric
    larger_is_better: bool


CHURN: tuple[Question, ...] = (
    Question("roc_auc", "returned", metrics.roc_auc, True),
    Question("log_loss", "returned", metrics.log_loss, False),
    Question("brier_score", "returned", metrics.brier_score, False),
)
VALUE: tuple[Question, ...] = (
    Question("normalized_gini", "spend", metrics.normalized_gini, True),
    Question("spearman", "spend", metrics.spearman, True),
    Question("rmse", "spend", metrics.root_mean_squared_error, False),
)


@dataclass(frozen=True)
class Verdict:
    """Ours against the best peer in one metric: means over the dates, and their paired difference."""

    metric: str
    ours: float
    best_peer: str
    theirs: float
    difference: Difference
    word: str

    def sentence(self) -> str:
        """The verdict for a person."""
        low, high = self.difference.low, self.difference.high
        against = "equal to" if self.word == "equal" else f"{self.word} than"
        return (
            f"{self.metric}: {self.ours:.4f}, {against} the best peer, {self.best_peer} ({self.theirs:.4f}); "
            f"difference {self.difference.mean:+.4f}, 95% interval {low:+.4f} to {high:+.4f}."
        )


def judge_churn(hindsight: Hindsight) -> pd.DataFrame:
    """One row per forecaster: how well it told who returns; lift and precision look at the churners."""
    returned = hindsight.outcomes["returned"].to_numpy(float)
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
    """One row per forecaster: how well it told who spends how much; the last three are ours alone."""
    spend = hindsight.outcomes["spend"].to_numpy(float)
    median, high, low = (
        hindsight.outcomes[name].to_numpy(float) for name in ("clv_median", "clv_high", "clv_low")
    )
    rows = []
    for name, forecast in hindsight.forecasts.items():
        row = {
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
        if name == OURS:
            row["mae_of_median"] = metrics.mean_absolute_error(spend, median)
            row["share_above_high"] = metrics.share_above_high(spend, high)
            row["share_below_low"] = metrics.share_below_low(spend, low)
        rows.append(row)
    return pd.DataFrame(rows)


def verdicts(hindsights: Sequence[Hindsight], questions: Sequence[Question], seed: int) -> list[Verdict]:
    """Ours against the peer that did best over all dates, chosen after the fact, which is generous to it."""
    ids = pd.Index(np.unique(np.concatenate([h.outcomes["customer_id"].astype(str) for h in hindsights])))
    found = []
    for question in questions:
        dated = [
            DatedForecasts(
                customers=ids.get_indexer(h.outcomes["customer_id"].astype(str)).astype(np.int64),
                actual=h.outcomes[question.measured_on].to_numpy(float),
                forecasts={
                    name: forecast.p_return if question.measured_on == "returned" else forecast.spend
                    for name, forecast in h.forecasts.items()
                },
            )
            for h in hindsights
        ]
        means = {
            name: float(np.mean([question.metric(date.actual, date.forecasts[name]) for date in dated]))
            for name in dated[0].forecasts
        }
        peers = {name: mean for name, mean in means.items() if name != OURS and np.isfinite(mean)}
        best = (max if question.larger_is_better else min)(peers, key=lambda name: peers[name])
        difference = compare(dated, OURS, [best], question.metric, seed)[best]
        word = difference.verdict(question.larger_is_better)
        found.append(Verdict(question.name, means[OURS], best, means[best], difference, word))
    return found
