"""BG/NBD: buyers at their own steady rate who may leave after any purchase but the first.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, expit, gammaln

from models.cells import Cells, Floats, never_certain, once_per_cell
from models.discount import Discount
from models.dropout import discounted_while_alive
from models.optimise import FitReport, Loss, maximise, purchase_problem
from models.silence import Silence


@dataclass(frozen=True)
class BgNbd:
    """Purchase rates are Gamma(r, alpha), chances of leaving Beta(a, b); alpha in the cells' unit of time."""

    r: float
    alpha: float
    a: float
    b: float
    report: FitReport

    def probability_alive(self, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike) -> Floats:
        """P(the customer has not left by T); 1 without a repeat purchase, however long ago: it is not churn.

        Fader, Hardie & Lee (2008), Computing P(alive) Using the BG/NBD Model.
        """
        return self._alive(*(np.asarray(given, dtype=float) for given in (frequency, recency, T)))

    def expected_purchases(
        self, horizon_days: float, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike
    ) -> Floats:
        """Expected purchase days in [T, T + horizon_days). Eq. 10 of the paper."""

        return self.discounted_purchases(Discount.none(horizon_days), frequency, recency, T)

    def discounted_purchases(
        self, discount: Discount, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike
    ) -> Floats:
        """Expected purchase days from T on, counted as `discount` says."""

        def answer(x: Floats, age: Floats) -> Floats:
            return discounted_while_alive(discount, self.r + x, self.alpha + age, self.a, self.b + x)

        # How long ago the last purchase was tells whether they are alive, and no more.
        return self.probability_alive(frequency, recency, T) * once_per_cell(answer, frequency, T)

    def probability_of_return(
        self, horizon_days: float, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike
    ) -> Floats:
        """P(at least one purchase in [T, T + horizon_days)): alive, and an exponential wait ends in time."""

        x, t_x, age = (np.asarray(given, dtype=float) for given in (frequency, recency, T))
        in_time = -np.expm1(-(self.r + x) * np.log1p(horizon_days / (self.alpha + age)))
        return never_certain(self._alive(x, t_x, age) * in_time)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return asdict(self) | {"report": self.report.to_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "BgNbd":
        """The model that `to_json` wrote."""
        return cls(**{**stored, "report": FitReport.from_json(stored["report"])})

    def _alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        silence = (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + t_x))
        left = np.log(self.a) - np.log(self.b + np.maximum(x, 1.0) - 1.0) + silence
        return np.where(x == 0, 1.0, expit(-left))


def fit_bgnbd(cells: Cells, seed: int) -> BgNbd:
    """The model of these customers. Never fails; `report` says in what sense it is their best."""
    unit = cells.time_unit
    problem = purchase_problem(
        _loss, cells, seed, names=("r", "alpha", "a", "b"), first_start=(0.5, 5.0, 0.8, 2.5)
    )
    (r, alpha, a, b), report = maximise(problem, seed)
    return BgNbd(float(r), float(alpha * unit), float(a), float(b), report)


def _loss(cells: Cells) -> Loss:
    """Mean negative log-likelihood per customer (eq. 6), by (log r, log alpha, log a, log b)."""
    silence = Silence.of(cells)
    counts, count_weight = silence.counts, silence.count_weight
    repeat = counts > 0
    before_last = np.maximum(counts, 1.0) - 1.0

    def loss(theta: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(theta)
        by_count = gammaln(r + counts) - gammaln(r) + gammaln(a + b) - gammaln(a + b + counts)
        by_count += gammaln(b + counts) - gammaln(b)
        stayed, stayed_r, stayed_alpha = silence.stayed(r, alpha)
        left = silence.odds(r, alpha, np.where(repeat, np.log(a) - np.log(b + before_last), -np.inf))

        value = count_weight @ by_count + r * theta[1] - stayed + left.value
        slope_r = count_weight @ (digamma(r + counts) - digamma(r)) + theta[1] - stayed_r + left.log_ratio
        slope_alpha = r / alpha - stayed_alpha + left.ratio
        from_ab = digamma(a + b) - count_weight @ digamma(a + b + counts)
        slope_a = from_ab + left.by_count.sum() / a
        slope_b = from_ab + count_weight @ digamma(b + counts) - digamma(b)
        slope_b -= (left.by_count / (b + before_last)).sum()
        return -float(value), -np.array([r * slope_r, alpha * slope_alpha, a * slope_a, b * slope_b])

    return loss
