"""MBG/NBD: BG/NBD in which customers may leave after their first purchase too.

Batislam, Denizel & Filiztekin (2007), Empirical Validation and Comparison of Models for Customer Base
Analysis, International Journal of Research in Marketing 24(3).
"""

import numpy as np
from scipy.special import digamma, expit, gammaln

from models.cells import Cells, Floats
from models.dropout import DropoutModel
from models.optimise import Loss, maximise, purchase_problem
from models.silence import Silence


class MbgNbd(DropoutModel):
    """Leaving is possible after each purchase, the first too."""

    @staticmethod
    def _stayed(x: Floats) -> Floats:
        return x + 1.0

    def _alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Appendix A, eq. 5 of the paper."""
        stayed = np.log(self.b + x) - np.log(self.a) - self._silence(x, t_x, age)
        alive: Floats = expit(stayed)
        return alive


def fit_mbgnbd(cells: Cells, seed: int) -> MbgNbd:
    """The model of these customers. Never fails; `report` says in what sense it is their best."""
    unit = cells.time_unit
    problem = purchase_problem(
        _loss, cells, seed, names=("r", "alpha", "a", "b"), first_start=(0.5, 5.0, 0.8, 1.5)
    )
    (r, alpha, a, b), report = maximise(problem, seed)
    return MbgNbd(float(r), float(alpha * unit), float(a), float(b), report)


def _loss(cells: Cells) -> Loss:
    """Mean negative log-likelihood per customer by (log r, log alpha, log a, log b)."""
    silence = Silence.of(cells)
    counts, count_weight = silence.counts, silence.count_weight

    def loss(theta: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(theta)
        by_count = gammaln(r + counts) - gammaln(r) + gammaln(a + b) - gammaln(a + b + counts + 1.0)
        by_count += gammaln(b + counts + 1.0) - gammaln(b)
        stayed, stayed_r, stayed_alpha = silence.stayed(r, alpha)
        left = silence.odds(r, alpha, np.log(a) - np.log(b + counts))

        value = count_weight @ by_count + r * theta[1] - stayed + left.value
        slope_r = count_weight @ (digamma(r + counts) - digamma(r)) + theta[1] - stayed_r + left.log_ratio
        slope_alpha = r / alpha - stayed_alpha + left.ratio
        from_ab = digamma(a + b) - count_weight @ digamma(a + b + counts + 1.0)
        slope_a = from_ab + left.by_count.sum() / a
        slope_b = from_ab + count_weight @ digamma(b + counts + 1.0) - digamma(b)
        slope_b -= (left.by_count / (b + counts)).sum()
        return -float(value), -np.array([r * slope_r, alpha * slope_alpha, a * slope_a, b * slope_b])

    return loss
