"""What the silence since the last purchase says, still here or gone: the costly part of two likelihoods."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from models.cells import Cells, Floats, by_value

CHUNK = 16_384  # cells at a time, so that what is worked out for them stays in the processor's cache
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Odds:
    """Weighted sums over cells, with d = log odds of having left rather than stayed.

    `value` is the sum of log(1 + exp(d)); the others are of its slope: `by_count` of the chance of having left for
    each distinct frequency, `log_ratio` and `ratio` of that chance times the derivatives of d in r and in alpha.
    """

    value: float
    by_count: Floats
    log_ratio: float
    ratio: float


@dataclass(frozen=True)
class Silence:
    """Cells by their distinct frequencies, recencies and ages, of which there are few; `weight` sums to 1.

    With x repeat purchases, d = left[x] + (r + x) log((alpha + T) / (alpha + t_x)) in BG/NBD and in MBG/NBD.
    """

    counts: Floats
    count_weight: Floats
    ages: Floats
    age_weight: Floats
    age_purchases: Floats
    lasts: Floats
    count: Indices
    age: Indices
    last: Indices
    weight: Floats

    @classmethod
    def of(cls, cells: Cells) -> Self:
        """The silence of all cells."""
        weight = cells.weight / cells.weight.sum()
        counts, count = by_value(cells.frequency)
        ages, age = by_value(cells.T)
        lasts, last = by_value(cells.recency)
        return cls(
            counts=counts,
            count_weight=_sums(count, weight),
            ages=ages,
            age_weight=_sums(age, weight),
            age_purchases=_sums(age, weight * cells.frequency),
            lasts=lasts,
            count=count,
            age=age,
            last=last,
            weight=weight,
        )

    def odds(self, r: float, alpha: float, left: Floats) -> Odds:
        """The sums over all cells; `left` is by `counts`, -inf where nobody can have left."""
        log_ages, log_lasts = np.log(alpha + self.ages), np.log(alpha + self.lasts)
        per_age, per_last = 1.0 / (alpha + self.ages), 1.0 / (alpha + self.lasts)
        value = log_ratio = ratio = 0.0
        by_count = np.zeros(len(self.counts))
        for start in range(0, len(self.weight), CHUNK):
            part = slice(start, start + CHUNK)
            count, age, last, weight = self.count[part], self.age[part], self.last[part], self.weight[part]
            shape = (r + self.counts)[count]
            ratios = log_ages[age] - log_lasts[last]
            odds = left[count] + shape * ratios
            smaller = np.exp(-np.abs(odds))
            value += float((weight * (np.log(1.0 + smaller) + np.maximum(odds, 0.0))).sum())
            gone = np.where(odds >= 0.0, 1.0, smaller) / (1.0 + smaller) * weight
            by_count += np.bincount(count, weights=gone, minlength=len(by_count))
            log_ratio += float((gone * ratios).sum())
            ratio += float((gone * shape * (per_age[age] - per_last[last])).sum())
        return Odds(value, by_count, log_ratio, ratio)

    def stayed(self, r: float, alpha: float) -> tuple[float, float, float]:
        """Weighted sum of (r + x) log(alpha + T), and its slopes in r and in alpha."""
        log_ages = np.log(alpha + self.ages)
        shape = r * self.age_weight + self.age_purchases
        return (
            float((shape * log_ages).sum()),
            float((self.age_weight * log_ages).sum()),
            float((shape / (alpha + self.ages)).sum()),
        )


def _sums(index: Indices, weight: Floats) -> Floats:
    return np.bincount(index, weights=weight).astype(float)
