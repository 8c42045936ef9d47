"""BG/NBD: buyers at their own steady rate who may leave after any purchase but the first.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2).
"""

import numpy as np
from scipy.special import digamma, expit, gammaln

from models.cells import Cells, Floats
from models.dropout import DropoutModel
from models.optimise import Loss, maximise, purchase_problem
from models.silence import Silence


class BgNbd(DropoutModel):
    """Leaving is possible after each repeat purchase. Expected purchases: eq. 10 of the paper."""

    @staticmethod
    def _stayed(x: Floats) -> Floats:
        return x

    def _alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """1 without a repeat purchase, however long ago: it is not churn.

        Fader, Hardie & Lee (2008), Computing P(alive) Using the BG/NBD Model.
        """
        before_last = np.maximum(x, 1.0) - 1.0
        left = np.log(self.a) - np.log(self.b + before_last) + self._silence(x, t_x, age)
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
