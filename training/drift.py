"""How far customers and answers have moved since training, beyond what chance and the usual course explain."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from models.cells import Floats
from training.reference import ANSWERS, Distribution, Reference, distance

SMALLEST = 0.1
"""A Jensen-Shannon distance below it is no drift, however many customers: about a PSI of 0.06."""

USUAL_TIMES = 1.5  # so many times its usual movement is still the usual course
CERTAINTY = 0.999  # of the noise: of a hundred features without drift, one in ten runs shows one
PSI_FLOOR = 1e-4


@dataclass(frozen=True)
class Drift:
    """One column: its Jensen-Shannon distance to training, how much is allowed, and the PSI beside it."""

    name: str
    distance: float
    allowed: float
    psi: float
    importance: float

    @property
    def has_drifted(self) -> bool:
        """Whether it moved further than chance and its usual course explain."""
        return self.distance > self.allowed

    @property
    def is_answer(self) -> bool:
        """Whether it is one of the model's answers, not one of the features."""
        return self.name in ANSWERS


def measure_drift(reference: Reference, now: pd.DataFrame, age_days: int) -> tuple[Drift, ...]:
    """Every watched column `age_days` after training; `now` is what `observe` gives, in the same columns."""
    found = []
    for known in reference.distributions:
        shares = known.shares_of(now[known.name].to_numpy(dtype=float))
        before = np.asarray(known.shares)
        found.append(
            Drift(
                known.name,
                distance(before, shares),
                _allowed(known, shares, reference.customers, len(now), age_days),
                psi(before, shares),
                known.importance,
            )
        )
    return tuple(found)


def psi(before: Floats, now: Floats) -> float:
    """The population stability index; an empty bin counts as one in ten thousand."""
    a, b = np.maximum(before, PSI_FLOOR), np.maximum(now, PSI_FLOOR)
    return float(np.sum((b - a) * np.log(b / a)))


def noise(bins: int, customers: int, others: int) -> float:
    """The distance that two samples of one distribution stay below with `CERTAINTY`.

    Eight times the divergence (in nats) times n m / (n + m) is about chi-squared. Most customers are in both
    samples here, which makes chance smaller still.
    """
    if bins < 2:
        return 0.0
    divergence = chi2.ppf(CERTAINTY, bins - 1) * (1 / customers + 1 / others) / 8
    return float(np.sqrt(divergence / np.log(2)))


def _allowed(known: Distribution, shares: Floats, customers: int, others: int, age_days: int) -> float:
    bins = int(((np.asarray(known.shares) + shares) > 0).sum())
    by_chance = noise(bins, customers, max(others, 1))
    return max(SMALLEST, by_chance, USUAL_TIMES * _usual(known, age_days))


def _usual(known: Distribution, age_days: int) -> float:
    """The movement over as many days before training, or over the longest time known, in proportion."""
    if not known.usual:
        return 0.0
    longer = [days for days in known.usual if days >= age_days]
    if longer:
        return known.usual[min(longer)]
    longest = max(known.usual)
    return known.usual[longest] * age_days / longest
