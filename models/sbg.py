"""The shifted-beta-geometric: who holds a contract leaves at each renewal with a chance of their own.

Source: Fader & Hardie (2007), "How to Project Customer Retention", eqs. 5 to 8. Chances of leaving are
Beta(alpha, beta) over customers. Whoever is still there after many renewals is probably of those who seldom
leave: the share that renews rises with tenure, though nobody changes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma, hyp2f1

from models.cells import Floats, never_certain, sum_of_products
from models.optimise import FitReport, Loss, Problem, maximise

FURTHEST = 4_000  # renewals that are summed one by one; what lies beyond a lifetime does not count


@dataclass(frozen=True)
class Sbg:
    """Chances to leave at a renewal are Beta(alpha, beta); renewals are counted from 1, the first one due."""

    alpha: float
    beta: float
    report: FitReport

    def survival(self, renewals: npt.ArrayLike) -> Floats:
        """S(t) = B(alpha, beta + t) / B(alpha, beta): the share that pays all of the first `renewals`."""
        t = np.asarray(renewals, dtype=float)
        return np.asarray(np.exp(betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta)))

    def probability_of_renewal(self, renewals: npt.ArrayLike) -> Floats:
        """P(the next renewal is paid) of those who have paid `renewals` so far (eq. 8, one renewal on)."""
        paid = np.asarray(renewals, dtype=float)
        return never_certain((self.beta + paid) / (self.alpha + self.beta + paid))

    def expected_renewals(self, renewals: npt.ArrayLike, due: npt.ArrayLike) -> Floats:
        """Of the next `due` renewals, how many are paid on average by those who have paid `renewals` so far."""
        paid, to_come = (np.asarray(given, dtype=float) for given in (renewals, due))
        to_come = np.minimum(to_come, FURTHEST)
        pairs, place = np.unique(np.stack([paid, to_come], axis=-1), axis=0, return_inverse=True)
        sums = np.empty(len(pairs))
        for number, (had, coming) in enumerate(pairs):
            # The product of the shares that renew, up to each renewal to come.
            share = (self.beta + had + np.arange(coming)) / (self.alpha + self.beta + had + np.arange(coming))
            sums[number] = np.cumprod(share).sum()
        return sums[place.reshape(np.shape(paid))]

    def renewals_at(
        self, level: float, first: npt.ArrayLike, renewals: npt.ArrayLike, due: npt.ArrayLike
    ) -> Floats:
        """The quantile at `level` of how many of the next `due` renewals are paid: a whole number.

        `first` is the chance that the first of them is, by whoever knows more; whoever pays it goes on as the model
        says of those who have paid `renewals` and that one.
        """
        chance, paid, to_come = (np.asarray(given, dtype=float) for given in (first, renewals, due))
        found = np.zeros(paid.shape)
        for coming in range(1, FURTHEST + 1):
            reached = (to_come >= coming) & (chance > 1.0 - level)
            if not reached.any():
                break
            found[reached] = coming
            chance = chance * (self.beta + paid + coming) / (self.alpha + self.beta + paid + coming)
        return found

    def expected_residual_lifetime(self, renewals: npt.ArrayLike, discount_rate: float) -> Floats:
        """Renewals still to be paid by those who have paid `renewals`; the next one counts whole.

        `discount_rate` is per period, and each further renewal is worth 1 / (1 + rate) of the one before.
        Without a discount, the sum has no end where alpha is 1 or less. Source: Fader & Hardie (2010),
        "Customer-Base Valuation in a Contractual Setting", eq. 6.
        """
        paid = np.asarray(renewals, dtype=float)
        if discount_rate == 0.0:
            endless = np.full(paid.shape, np.inf)
            return endless if self.alpha <= 1.0 else (self.beta + paid) / (self.alpha - 1.0)
        top, bottom = self.beta + paid, self.alpha + self.beta + paid
        return np.asarray(top / bottom * hyp2f1(1.0, top + 1.0, bottom + 1.0, 1.0 / (1.0 + discount_rate)))

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return asdict(self) | {"report": self.report.to_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Sbg":
        """The model that `to_json` wrote."""
        return cls(**{**stored, "report": FitReport.from_json(stored["report"])})


def fit_sbg(renewals: npt.ArrayLike, has_left: npt.ArrayLike, weight: npt.ArrayLike, seed: int) -> Sbg:
    """The model of contracts that paid `renewals`, and then left at the next one or have not come to it yet.

    `weight` counts the contracts of each row. Never fails: where nobody or everybody has left, a small
    penalty decides, and `report` says so.
    """
    paid, left, count = (np.asarray(given, dtype=float).ravel() for given in (renewals, has_left, weight))
    pairs, place = np.unique(np.stack([paid, left], axis=-1), axis=0, return_inverse=True)
    weights = np.bincount(place.ravel(), weights=count, minlength=len(pairs))
    customers = max(round(float(weights.sum())), 1)
    loss = _loss(pairs[:, 0], pairs[:, 1] > 0, weights / max(float(weights.sum()), 1.0))
    problem = Problem(("alpha", "beta"), (0.0, 1.0), loss, loss, customers, len(pairs))
    (alpha, beta), report = maximise(problem, seed)
    return Sbg(float(alpha), float(beta), report)


def _loss(paid: Floats, left: npt.NDArray[np.bool_], weight: Floats) -> Loss:
    """Mean negative log-likelihood per contract, by (log alpha, log beta): eqs. 5 and 6."""
    gone, here = np.where(left, weight, 0.0), np.where(left, 0.0, weight)

    def loss(theta: Floats) -> tuple[float, Floats]:
        alpha, beta = np.exp(theta)
        # Left at renewal n + 1: B(alpha + 1, beta + n) / B(alpha, beta); still there: B(alpha, beta + n) / ...
        value = sum_of_products(gone, betaln(alpha + 1.0, beta + paid))
        value += sum_of_products(here, betaln(alpha, beta + paid)) - weight.sum() * betaln(alpha, beta)
        sums = digamma(alpha + beta + paid)
        sums_gone = digamma(alpha + 1.0 + beta + paid)
        start = digamma(alpha + beta)
        slope_alpha = sum_of_products(gone, digamma(alpha + 1.0) - sums_gone)
        slope_alpha += sum_of_products(here, digamma(alpha) - sums)
        slope_alpha -= weight.sum() * (digamma(alpha) - start)
        slope_beta = sum_of_products(gone, digamma(beta + paid) - sums_gone)
        slope_beta += sum_of_products(here, digamma(beta + paid) - sums)
        slope_beta -= weight.sum() * (digamma(beta) - start)
        return -float(value), -np.array([alpha * slope_alpha, beta * slope_beta])

    return loss
