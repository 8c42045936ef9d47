"""How far a difference between two forecasts could be chance: paired resampling of customers.

The same customers are drawn for both forecasts, and a customer drawn twice counts twice on every
past date, because what one customer does on neighbouring dates is not independent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from training.metrics import Numbers

Metric = Callable[[Numbers, Numbers], float]
Verdict = Literal["better", "equal", "worse"]

REPETITIONS = 200


@dataclass(frozen=True)
class Difference:
    """Ours minus theirs in one metric, averaged over the past dates, with its 95% interval."""

    mean: float
    low: float
    high: float

    def verdict(self, larger_is_better: bool) -> Verdict:
        """In words: "better" or "worse" only where the interval leaves zero out."""
        low, high = (self.low, self.high) if larger_is_better else (-self.high, -self.low)
        if low > 0:
            return "better"
        return "worse" if high < 0 else "equal"

    def sentence(self, ours: float, word: Verdict, other: str) -> str:
        """The verdict for a person: `other` names the other forecast and its number."""
        against = "equal to" if word == "equal" else f"{word} than"
        return (
            f"{ours:.4f}, {against} {other} "
            f"(difference {self.mean:+.4f}, 95% interval {self.low:+.4f} to {self.high:+.4f})"
        )


@dataclass(frozen=True)
class DatedForecasts:
    """What happened in one window and what each forecaster had said, row by row; `customers` are codes."""

    customers: npt.NDArray[np.int64]
    actual: Numbers
    forecasts: Mapping[str, Numbers]


def compare(
    dates: Sequence[DatedForecasts], ours: str, theirs: Sequence[str], metric: Metric, seed: int
) -> dict[str, Difference]:
    """For each of `theirs`: `metric` of `ours` minus `metric` of theirs, mean over the dates."""
    names = [ours, *theirs]
    point = _mean_metric([(date, slice(None)) for date in dates], names, metric)
    population = 1 + max(int(date.customers.max()) for date in dates)
    generator = np.random.default_rng(seed)
    draws = np.array(
        [_mean_metric(_resample(dates, population, generator), names, metric) for _ in range(REPETITIONS)]
    )
    differences = draws[:, :1] - draws[:, 1:]
    low, high = np.nanquantile(differences, (0.025, 0.975), axis=0)
    return {
        name: Difference(float(point[0] - point[index + 1]), float(low[index]), float(high[index]))
        for index, name in enumerate(theirs)
    }


def _resample(
    dates: Sequence[DatedForecasts], population: int, generator: np.random.Generator
) -> list[tuple[DatedForecasts, npt.NDArray[np.int64]]]:
    times_drawn = np.bincount(generator.integers(population, size=population), minlength=population)
    return [(date, np.repeat(np.arange(len(date.customers)), times_drawn[date.customers])) for date in dates]


def _mean_metric(
    dates: Sequence[tuple[DatedForecasts, npt.NDArray[np.int64] | slice]],
    names: Sequence[str],
    metric: Metric,
) -> Numbers:
    by_date = [
        [metric(date.actual[rows], date.forecasts[name][rows]) for name in names] for date, rows in dates
    ]
    return np.asarray(np.mean(by_date, axis=0), dtype=float)
