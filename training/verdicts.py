"""Whether ours beat the best of the others beyond chance: one verdict per metric, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.cells import Floats
from training import metrics
from training.bootstrap import DatedForecasts, Difference, Metric, Verdict, compare
from training.hindsight import Hindsight
from training.peers import OURS

Asked = Literal["returned", "churned", "spend", "median spend"]


@dataclass(frozen=True)
class Criterion:
    """A metric: what it is measured on, and which way is better."""

    name: str
    asked: Asked
    metric: Metric
    larger_is_better: bool


def distance_of_total(actual: Floats, predicted: Floats) -> float:
    """How far the total is off, whichever way."""
    return abs(metrics.total_bias(actual, predicted))


CHURN: tuple[Criterion, ...] = (
    Criterion("roc_auc", "returned", metrics.roc_auc, True),
    Criterion("average_precision", "churned", metrics.average_precision, True),
    Criterion("log_loss", "returned", metrics.log_loss, False),
    Criterion("brier_score", "returned", metrics.brier_score, False),
    Criterion("ece", "returned", metrics.ece, False),
    Criterion("lift_at_10pct", "churned", metrics.lift_at_10pct, True),
)
VALUE: tuple[Criterion, ...] = (
    Criterion("normalized_gini", "spend", metrics.normalized_gini, True),
    Criterion("spearman", "spend", metrics.spearman, True),
    Criterion("mae", "median spend", metrics.mean_absolute_error, False),
    Criterion("rmse", "spend", metrics.root_mean_squared_error, False),
    Criterion("decile_mape", "spend", metrics.decile_mape, False),
    Criterion("distance_of_total", "spend", distance_of_total, False),
    Criterion("top_decile_capture", "spend", metrics.top_decile_capture, True),
)


@dataclass(frozen=True)
class Comparison:
    """Ours against the best peer in one metric: means over the dates, and their paired difference."""

    metric: str
    ours: float
    best_peer: str
    theirs: float
    difference: Difference
    word: Verdict

    def sentence(self) -> str:
        """The verdict for a person."""
        best = f"the best peer, {self.best_peer}, at {self.theirs:.4f}"
        return f"{self.metric}: {self.difference.sentence(self.ours, self.word, best)}."


def compare_with_best(
    hindsights: Sequence[Hindsight], criteria: Sequence[Criterion], seed: int
) -> tuple[Comparison, ...]:
    """Ours against the peer that did best over all dates, chosen after the fact, which is generous to it.

    A metric that the dates cannot answer, for ours or for every peer, has no verdict.
    """
    codes = _codes(hindsights)
    found = []
    for criterion in criteria:
        dated = [
            DatedForecasts(
                customers=codes[number],
                actual=_happened(hindsight, criterion.asked),
                forecasts={name: _said(hindsight, name, criterion.asked) for name in hindsight.forecasts},
            )
            for number, hindsight in enumerate(hindsights)
        ]
        means = {
            name: float(np.mean([criterion.metric(date.actual, date.forecasts[name]) for date in dated]))
            for name in dated[0].forecasts
        }
        peers = {name: mean for name, mean in means.items() if name != OURS and np.isfinite(mean)}
        if not peers or not np.isfinite(means[OURS]):
            continue
        best = (max if criterion.larger_is_better else min)(peers, key=lambda name: peers[name])
        difference = compare(dated, OURS, [best], criterion.metric, seed)[best]
        word = difference.verdict(criterion.larger_is_better)
        found.append(Comparison(criterion.name, means[OURS], best, means[best], difference, word))
    return tuple(found)


def count_words(comparisons: Sequence[Comparison]) -> str:
    """How often ours was better, equal and worse, as a person says it."""
    counts = [(word, sum(one.word == word for one in comparisons)) for word in ("better", "equal", "worse")]
    return ", ".join(f"{word} in {count}" for word, count in counts)


def _codes(hindsights: Sequence[Hindsight]) -> list["np.typing.NDArray[np.int64]"]:
    """A number per customer, the same on every date."""
    ids = [hindsight.outcomes["customer_id"].astype(str).to_numpy() for hindsight in hindsights]
    everyone = np.unique(np.concatenate(ids))
    return [np.searchsorted(everyone, own).astype(np.int64) for own in ids]


def _happened(hindsight: Hindsight, asked: Asked) -> Floats:
    if asked == "churned":
        return 1 - hindsight.outcomes["returned"].to_numpy(float)
    return hindsight.outcomes["returned" if asked == "returned" else "spend"].to_numpy(float)


def _said(hindsight: Hindsight, name: str, asked: Asked) -> Floats:
    forecast = hindsight.forecasts[name]
    if asked == "median spend":
        return hindsight.outcomes["clv_median"].to_numpy(float) if name == OURS else forecast.spend
    if asked == "spend":
        return forecast.spend
    return forecast.p_return if asked == "returned" else 1 - forecast.p_return
