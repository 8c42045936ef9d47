"""EMPC: what the best use of a ranking earns per customer, over all the acceptance rates it may meet.

Verbraken, Verbeke & Baesens (2013), IEEE TKDE 25(5), eq. 9 to 14, written from the paper.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import beta as beta_distribution

from models.profit import Numbers


@dataclass(frozen=True)
class CampaignPrior:
    """The paper's campaign: one CLV for all, in currency, and accept rates that are Beta(`alpha`, `beta`)."""

    clv: float = 200.0
    offer_cost: float = 10.0
    contact_cost: float = 1.0
    alpha: float = 6.0
    beta: float = 14.0


PAPER = CampaignPrior()


@dataclass(frozen=True)
class Empc:
    """`profit` per customer of the shop, in currency, and the `fraction` of customers to contact for it."""

    profit: float
    fraction: float


def empc(churned: Numbers, churn_score: Numbers, prior: CampaignPrior = PAPER) -> Empc:
    """Expected maximum profit of contacting the customers whose `churn_score` is highest.

    `churned` is 1 or 0 where it is known. Calibrated probabilities in its place give what is to be expected
    of the very same customers before it is known. At an accept rate g, contacting a share of the customers
    that holds a share a of all as churners and b as others earns a (g (clv - d) - c) - b (d + c); the best
    share is a corner of the ROC curve's convex hull. A larger g moves it along the hull, so the mean over g
    is a sum over the corners, each by how often it is the best: two incomplete beta functions.
    """
    if len(churned) == 0:
        return Empc(0.0, 0.0)
    churners, others = _hull(churned, churn_score)
    gain, loss = prior.clv - prior.offer_cost, prior.offer_cost + prior.contact_cost
    if gain <= 0:
        return Empc(0.0, 0.0)
    steps_a, steps_b = np.diff(churners), np.diff(others)
    with np.errstate(divide="ignore"):
        # The accept rate from which the next corner is better; it grows along the hull.
        turns = (np.where(steps_a > 0, steps_b / steps_a, np.inf) * loss + prior.contact_cost) / gain
    edges = np.concatenate([[0.0], np.clip(turns, 0.0, 1.0), [1.0]])
    chance = np.diff(beta_distribution.cdf(edges, prior.alpha, prior.beta))
    mean_rate = prior.alpha / (prior.alpha + prior.beta)
    rate = mean_rate * np.diff(beta_distribution.cdf(edges, prior.alpha + 1, prior.beta))
    profit = churners * (gain * rate - prior.contact_cost * chance) - others * loss * chance
    return Empc(float(profit.sum()), float(np.sum((churners + others) * chance)))


def _hull(churned: Numbers, churn_score: Numbers) -> tuple[Numbers, Numbers]:
    """Corners of the ROC curve's convex hull, from nobody to everybody contacted: shares of all customers.

    Pooling what is out of order (isotonic regression) gives the hull: each block is one edge of it.
    Customers of equal scores are contacted together.
    """
    scores, place, counts = np.unique(-churn_score, return_inverse=True, return_counts=True)
    share = np.bincount(place, weights=churned, minlength=len(scores)) / counts
    pooled = isotonic_regression(share, weights=counts.astype(float), increasing=False)
    ends = pooled.blocks
    listed = np.concatenate([[0], np.cumsum(counts)])[ends]
    found = np.concatenate([[0.0], np.cumsum(share * counts)])[ends]
    return found / len(churned), (listed - found) / len(churned)
