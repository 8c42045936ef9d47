"""Pareto/NBD: buyers at their own steady rate who leave at a random moment of their own.

Schmittlein, Morrison & Colombo (1987), Counting Your Customers, Management Science 33(1); equation numbers
are those of Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model. The integral over the moment of
leaving is taken by quadrature in place of their hypergeometric functions.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, expit, exprel, gammaln

from models.cells import Cells, Floats, by_value, never_certain, once_per_cell, sum_of_products
from models.discount import Discount
from models.optimise import FitReport, Loss, maximise, purchase_problem

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
NEGLIGIBLE = 40.0  # exp(-40) of the integrand's start is not worth integrating
CHUNK = 1024  # customers at a time, so that 32 nodes for each stay in the processor's cache


@dataclass(frozen=True)
class ParetoNbd:
    """Purchase rates are Gamma(r, alpha), rates of leaving Gamma(s, beta), in the cells' unit of time."""

    r: float
    alpha: float
    s: float
    beta: float
    report: FitReport

    def probability_alive(self, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike) -> Floats:
        """P(the customer has not left by T). Eq. 36."""
        return once_per_cell(self._alive, frequency, recency, T)

    def expected_purchases(
        self, horizon_days: float, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike
    ) -> Floats:
        """Expected purchase days in [T, T + horizon_days). Eq. 41, finite at s = 1 too."""

        return self.discounted_purchases(Discount.none(horizon_days), frequency, recency, T)

    def discounted_purchases(
        self, discount: Discount, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike
    ) -> Floats:
        """Expected purchase days from T on, counted as `discount` says."""

        def days_alive(age: Floats) -> Floats:
            counted = np.zeros_like(age)
            for moment, counts in zip(discount.moments, discount.weights, strict=True):
                life = np.log1p(moment / (self.beta + age))
                counted += counts * (self.beta + age) * life * exprel((1.0 - self.s) * life)
            return counted

        x, age = np.asarray(frequency, dtype=float), np.asarray(T, dtype=float)
        rate = (self.r + x) / (self.alpha + age)
        return self.probability_alive(frequency, recency, T) * rate * once_per_cell(days_alive, age)

    def probability_of_return(
        self, horizon_days: float, frequency: npt.ArrayLike, recency: npt.ArrayLike, T: npt.ArrayLike
    ) -> Floats:
        """P(at least one purchase in [T, T + horizon_days)).

        Equals 1 - L(x, t_x, T + horizon) / L(x, t_x, T); taken as the integral of the density of the next
        purchase, because that difference loses its digits for customers who are almost surely gone.
        """

        def answer(x: Floats, t_x: Floats, age: Floats) -> Floats:
            soon = _log_integral(self.r + x + 1.0, self.alpha, self.s, self.beta, age, age + horizon_days)
            log_here = -(self.r + x) * np.log(self.alpha + age) - self.s * np.log(self.beta + age)
            return never_certain(self._alive(x, t_x, age) * (self.r + x) * np.exp(soon - log_here))

        return once_per_cell(answer, frequency, recency, T)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return asdict(self) | {"report": self.report.to_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ParetoNbd":
        """The model that `to_json` wrote."""
        return cls(**{**stored, "report": FitReport.from_json(stored["report"])})

    def _alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        gone = np.log(self.s) + _log_integral(self.r + x, self.alpha, self.s + 1.0, self.beta, t_x, age)
        here = -(self.r + x) * np.log(self.alpha + age) - self.s * np.log(self.beta + age)
        alive: Floats = expit(here - gone)
        return alive


def fit_paretonbd(cells: Cells, seed: int) -> ParetoNbd:
    """The model of these customers. Never fails; `report` says in what sense it is their best."""
    unit = cells.time_unit
    problem = purchase_problem(
        _loss, cells, seed, names=("r", "alpha", "s", "beta"), first_start=(0.5, 5.0, 0.5, 5.0)
    )
    (r, alpha, s, beta), report = maximise(problem, seed)
    return ParetoNbd(float(r), float(alpha * unit), float(s), float(beta * unit), report)


def _loss(cells: Cells) -> Loss:
    """Mean negative log-likelihood per customer (eq. 18), by (log r, log alpha, log s, log beta)."""
    x, t_x, age, weight = cells.frequency, cells.recency, cells.T, cells.weight / cells.weight.sum()
    counts, index = by_value(x)
    count_weight = np.bincount(index, weights=weight)

    def loss(theta: Floats) -> tuple[float, Floats]:
        r, alpha, s, beta = np.exp(theta)
        value = count_weight @ (gammaln(r + counts) - gammaln(r)) + r * theta[1] + s * theta[3]
        slope = np.array(
            [count_weight @ (digamma(r + counts) - digamma(r)) + theta[1], r / alpha, theta[3], s / beta]
        )
        for start in range(0, len(x), CHUNK):
            part = slice(start, start + CHUNK)
            part_value, part_slope = _stayed_or_left(
                r, alpha, s, beta, x[part], t_x[part], age[part], weight[part]
            )
            value += part_value
            slope += part_slope
        return -float(value), -slope * np.array([r, alpha, s, beta])

    return loss


def _stayed_or_left(
    r: float, alpha: float, s: float, beta: float, x: Floats, t_x: Floats, age: Floats, weight: Floats
) -> tuple[float, Floats]:
    """Weighted sum of log((alpha+T)^-(r+x) (beta+T)^-s + s * integral) and its slope in r, alpha, s, beta."""
    log_alpha_age, log_beta_age = np.log(alpha + age), np.log(beta + age)
    here = -(r + x) * log_alpha_age - s * log_beta_age
    left_at = _moments(r + x, alpha, s + 1.0, beta, t_x, age)
    terms, log_integral = left_at.integrate(r + x, s + 1.0)
    either = np.logaddexp(here, np.log(s) + log_integral)

    stays = weight * np.exp(here - either)
    leaves = weight - stays
    terms *= leaves[:, None]
    return sum_of_products(weight, either), np.array(
        [
            -sum_of_products(stays, log_alpha_age) - sum_of_products(terms, left_at.log_alpha),
            -sum_of_products(stays, (r + x) / (alpha + age))
            - sum_of_products(terms / left_at.alpha, (r + x)[:, None]),
            -sum_of_products(stays, log_beta_age)
            - sum_of_products(terms, left_at.log_beta)
            + leaves.sum() / s,
            -sum_of_products(stays, s / (beta + age)) - (s + 1.0) * float((terms / left_at.beta).sum()),
        ]
    )


def _log_integral(p: Floats, alpha: float, q: float, beta: float, lower: Floats, upper: Floats) -> Floats:
    """log of the integral over u from `lower` to `upper` of (alpha + u)^-p (beta + u)^-q."""
    answer = np.empty_like(lower)
    for start in range(0, len(lower), CHUNK):
        part = slice(start, start + CHUNK)
        moments = _moments(p[part], alpha, q, beta, lower[part], upper[part])
        answer[part] = moments.integrate(p[part], q)[1]
    return answer


@dataclass(frozen=True)
class _Moments:
    """32 moments u a customer, as alpha + u and beta + u, their logs, and the logs of their weights."""

    alpha: Floats
    beta: Floats
    log_alpha: Floats
    log_beta: Floats
    log_weight: Floats

    def integrate(self, p: Floats, q: float) -> tuple[Floats, Floats]:
        """Shares of the moments in the integral of (alpha + u)^-p (beta + u)^-q, and its log."""
        terms = self.log_weight - p[:, None] * self.log_alpha - q * self.log_beta
        largest = terms.max(axis=1)
        np.exp(terms - largest[:, None], out=terms)
        total = terms.sum(axis=1)
        terms /= total[:, None]
        return terms, largest + np.log(total)


def _moments(p: Floats, alpha: float, q: float, beta: float, lower: Floats, upper: Floats) -> _Moments:
    """Where to look at the integrand between `lower` and `upper`.

    Gauss-Legendre in v = log(min(alpha, beta) + u), where the integrand is smooth, and no further than where
    it has fallen to exp(-40) of its start.
    """
    near, far = min(alpha, beta), max(alpha, beta)
    enough = (far + lower) * np.expm1(np.minimum(NEGLIGIBLE / (p + q), 600.0))
    length = np.log1p(np.minimum(upper - lower, enough) / (near + lower))
    log_near = np.log(near + lower)[:, None] + length[:, None] * ((NODES + 1.0) / 2.0)
    nearer = np.exp(log_near)
    farther = nearer + (far - near)
    log_far = np.log(farther)
    log_length = np.log(np.maximum(length / 2.0, 1e-300))  # an empty interval weighs next to nothing
    log_weight = log_length[:, None] + np.log(WEIGHTS) + log_near
    if alpha <= beta:
        return _Moments(nearer, farther, log_near, log_far, log_weight)
    return _Moments(farther, nearer, log_far, log_near, log_weight)
