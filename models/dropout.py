"""Buyers at their own steady rate who may leave after a purchase: what BG/NBD and MBG/NBD share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh_tridiagonal

from models.cells import Floats, never_certain, once_per_cell
from models.discount import Discount
from models.optimise import FitReport

FEW_NODES, NODES, MANY_NODES = 24, 64, 256
FEW, MANY = 30.0, 200.0  # purchases of a customer who never leaves, up to which so many nodes are enough
SMOOTH, ROUGH = (
    4.0,
    100.0,
)  # horizons in units of the rate: up to one, few nodes are; beyond the other, not even usual
CHUNK = 65_536 * 4


@dataclass(frozen=True)
class DropoutModel(ABC):
    """Purchase rates are Gamma(r, alpha), chances of leaving Beta(a, b); alpha in the cells' unit of time.

    A customer with x repeat purchases has stayed after x of them, or after x + 1 where the first counts too.
    """

    r: float
    alpha: float
    a: float
    b: float
    report: FitReport

    def probability_alive(self, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike) -> Floats:
        """P(the customer has not left by T)."""
        return self._alive(*(np.asarray(given, dtype=float) for given in (frequency, recency, T)))

    def expected_purchases(
        self, horizon_days: float, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike
    ) -> Floats:
        """Expected purchase days in [T, T + horizon_days)."""
        return self.discounted_purchases(Discount.none(horizon_days), frequency, recency, T)

    def discounted_purchases(
        self, discount: Discount, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike
    ) -> Floats:
        """Expected purchase days from T on, counted as `discount` says."""

        def answer(x: Floats, age: Floats) -> Floats:
            stayed = self.b + self._stayed(x)
            return discounted_while_alive(discount, self.r + x, self.alpha + age, self.a, stayed)

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
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The model that `to_json` wrote."""
        return cls(**{**stored, "report": FitReport.from_json(stored["report"])})

    @staticmethod
    @abstractmethod
    def _stayed(x: Floats) -> Floats:
        """After how many purchases a customer with `x` repeat purchases is known to have stayed, if alive."""

    @abstractmethod
    def _alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """P(alive) by arrays of one shape."""

    def _silence(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Log of how much less likely the silence since the last purchase is for one who is alive."""
        silence: Floats = (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + t_x))
        return silence


def discounted_while_alive(discount: Discount, shape: Floats, rate: Floats, a: float, b: Floats) -> Floats:
    """Expected purchases of customers who are alive now, counted as `discount` says.

    Their purchase rate is Gamma(shape, rate), their chance of leaving after a purchase Beta(a, b).
    The mean over the purchase rate is in closed form, (1 - (1 + p z)^-shape) / p with z = horizon / rate;
    the mean over p is taken by Gauss-Jacobi quadrature. Equals the hypergeometric expressions of the papers
    (Fader, Hardie & Lee 2005, eq. 10) and stays finite where those overflow or divide 0 by 0, as at a = 1.
    Every term is positive and grows with the horizon, and so does the sum. Exact to 1e-7 where z is below
    1,000 and shape * z, the purchases of a customer who never leaves, below 15,000; too low beyond.
    """
    z = discount.moments[-1] / rate
    never_leaving = shape * z
    nodes = np.where((never_leaving > MANY) | (z > ROUGH), MANY_NODES, NODES)
    nodes[(z <= SMOOTH) & (never_leaving <= FEW)] = FEW_NODES
    expected = np.empty_like(z)
    for b_value in np.unique(b):
        for count in np.unique(nodes[b == b_value]):
            chosen = np.flatnonzero((b == b_value) & (nodes == count))
            leaving, weight = _beta_nodes(a, float(b_value), int(count))
            expected[chosen] = _mean(discount, rate[chosen], shape[chosen], leaving, weight)
    return expected


def _mean(discount: Discount, rate: Floats, shape: Floats, leaving: Floats, weight: Floats) -> Floats:
    mean = np.empty(len(rate))
    step = max(1, CHUNK // len(leaving))
    for start in range(0, len(rate), step):
        part = slice(start, start + step)
        a_moment, minus_shape = leaving / rate[part, None], -shape[part, None]
        bought = np.zeros_like(a_moment)
        for moment, counts in zip(discount.moments, discount.weights, strict=True):
            term = a_moment * moment
            np.log1p(term, out=term)
            term *= minus_shape
            np.expm1(term, out=term)
            term *= -counts
            bought += term
        bought *= weight / leaving
        mean[part] = bought.sum(axis=1)
    return mean


@lru_cache(maxsize=2048)
def _beta_nodes(a: float, b: float, count: int) -> tuple[Floats, Floats]:
    """Gauss-Jacobi nodes on (0, 1) and their weights, which sum to 1, for the density of Beta(a, b).

    Golub & Welsch (1969): eigenvalues of the symmetric tridiagonal matrix of the Jacobi recurrence.
    """
    alpha, beta = b - 1.0, a - 1.0  # the weight is (1 - t)^alpha (1 + t)^beta on (-1, 1), p = (1 + t) / 2
    n = np.arange(1, count, dtype=float)
    total = 2.0 * n + alpha + beta
    diagonal = np.concatenate(
        ([(beta - alpha) / (alpha + beta + 2.0)], (beta**2 - alpha**2) / (total * (total + 2.0)))
    )
    # the general formula of the first off-diagonal entry is 0 / 0 at a + b = 1
    first = 4.0 * (1.0 + alpha) * (1.0 + beta) / ((2.0 + alpha + beta) ** 2 * (3.0 + alpha + beta))
    m, total = n[1:], total[1:]
    rest = (
        4.0 * m * (m + alpha) * (m + beta) * (m + alpha + beta) / (total**2 * (total + 1.0) * (total - 1.0))
    )
    nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(np.concatenate(([first], rest))))
    return np.clip((1.0 + nodes) / 2.0, 1e-300, 1.0), vectors[0] ** 2
