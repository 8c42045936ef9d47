"""The best that anyone could know from the purchase history alone: posteriors under the true parameters."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, hyp2f1

from tenure.simulator.arrays import Floats
from tenure.simulator.worlds import SPEND, Population

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)


@dataclass(frozen=True)
class History:
    """What purchases say, one entry per customer, in shop time with the true times of day.

    `repeats` counts orders after the first, two on one day as two; `log_gaps` sums the logarithms of gaps;
    `mean_amount` is over all orders, before refunds.
    """

    repeats: Floats
    last_at: Floats
    age: Floats
    log_gaps: Floats
    mean_amount: Floats


def bgnbd_posterior(
    population: Population, history: History, window: float, horizon: float
) -> tuple[Floats, Floats, Floats]:
    """BG/NBD: P(alive), P(return within `window`), expected purchases within `horizon`.

    Fader, Hardie & Lee (2005), eq. 10, with Euler's transformation of the hypergeometric function, which
    keeps its arguments small however many purchases there are.
    """
    assert population.leaves_after_purchase is not None
    (r, alpha), (a, b) = population.purchase_rate, population.leaves_after_purchase
    x, age = history.repeats, history.age
    left = np.where(x > 0, a / (b + np.maximum(x, 1) - 1), 0.0)
    alive = 1 / (1 + left * ((alpha + age) / (alpha + history.last_at)) ** (r + x))
    still = (alpha + age) / (alpha + age + horizon)
    unlike = hyp2f1(a - 1, a + b - 1 - r, a + b + x - 1, 1 - still)
    return (
        alive,
        alive * (1 - ((alpha + age) / (alpha + age + window)) ** (r + x)),
        alive * (a + b + x - 1) / (a - 1) * (1 - still ** (a - 1) * unlike),
    )


def regular_posterior(population: Population, history: History, window: float) -> tuple[Floats, Floats]:
    """P(alive), P(return within `window`) for Erlang gaps of unknown shape and exponential lifetimes.

    This is Pareto/GGG with a discrete regularity (Platzer & Reutterer 2016).

    Given the shape k, purchases and a silence until y have the likelihood A(y), a finite sum of gamma
    integrals over the rate. With S the survival of a lifetime (a Pareto) and f its density, the history has
    A(T) S(T) + integral of A f from the last purchase to T, and a return within h adds
    A(T) S(T) - A(T + h) S(T + h) - integral of A f from T to T + h.
    """
    assert population.leaves_over_time is not None
    (r, alpha), (s, beta) = population.purchase_rate, population.leaves_over_time
    t_x, T = history.last_at, history.age
    log_prior = _log_shape_evidence(population, history)
    log_prior -= np.max(log_prior, axis=0)
    alive, dead, back = (np.zeros(len(T)) for _ in range(3))
    for log_weight, k in zip(log_prior, population.gap_shapes, strict=True):
        weight = np.exp(log_weight)

        def silent(until: Floats, k: int = k) -> Floats:
            """A(until), relative to A at the last purchase."""
            more, spread = k * (until - t_x), alpha + k * until
            term = ((alpha + k * t_x) / spread) ** (r + k * history.repeats)
            total = term.copy()
            for j in range(k - 1):
                term = term * more / spread * (r + k * history.repeats + j) / (j + 1)
                total += term
            return total

        now, later = (silent(at) * (beta / (beta + at)) ** s for at in (T, T + window))
        alive += weight * now
        for node, share in zip((NODES + 1) / 2, WEIGHTS / 2, strict=True):
            before, after = t_x + (T - t_x) * node**2, T + window * node**2  # squared: denser where A falls
            hazard = 2 * node * share * s * beta**s
            dead += weight * hazard * (T - t_x) * silent(before) / (beta + before) ** (s + 1)
            back -= weight * hazard * window * silent(after) / (beta + after) ** (s + 1)
        back += weight * (now - later)
    return alive / (alive + dead), np.clip(back / (alive + dead), 0, 1)


def expected_order_amount(history: History) -> Floats:
    """Gamma-Gamma: a customer's expected mean order given all their orders (Fader & Hardie 2013)."""
    p, q, v, orders = SPEND.p, SPEND.q, SPEND.v, history.repeats + 1
    return p * (v + orders * history.mean_amount) / (p * orders + q - 1)


def _log_shape_evidence(population: Population, history: History) -> Floats:
    """Log likelihood of the gaps for each shape k, the rate integrated out, shapes equally likely before."""
    (r, alpha), x = population.purchase_rate, history.repeats
    return np.array(
        [
            k * x * np.log(k) - x * gammaln(k) + (k - 1) * history.log_gaps
            + gammaln(r + k * x) - (r + k * x) * np.log(alpha + k * history.last_at)
            for k in population.gap_shapes
        ]
    )  # fmt: skip
