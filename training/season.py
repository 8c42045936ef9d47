"""The season a model is about to answer for: how far the same season of earlier years lay off the model.

The models know no calendar: with one or two years behind them, each season has been there too seldom to be
learned beside everything else. What one can tell is by how much, on the whole, they are off in it.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from models.cells import Floats
from training.examples import Examples

FURTHEST = 3.0  # in logits


def season_shift(examples: Examples, logit: Floats) -> float:
    """What to add to every logit of P(return) in the coming window; 0 where its season was never seen.

    What the same season lay off counts as far as past dates differ by more than chance: in a shop without seasons
    it is noise.
    """
    full = np.unique(examples.date[examples.is_full])
    same = np.isin(full, examples.date[examples.is_same_season])
    if not same.any():
        return 0.0
    off = np.array([_off(examples, logit, number) for number in full])
    noise = np.array([_noise(logit[examples.date == number]) for number in full])
    moves = max(float(off.var(ddof=1) - noise.mean()), 0.0) if len(off) > 1 else 0.0
    trust = moves / (moves + float(noise[same].mean()) / int(same.sum()))
    return trust * float(off[same].mean())


def level_returns(examples: Examples, logit: Floats) -> Floats:
    """The logits of each past date moved so that as many are expected to return on it as did."""
    moved = logit.copy()
    for number in np.unique(examples.date):
        moved[examples.date == number] += _off(examples, logit, number)
    return moved


def level_spend(examples: Examples, expected: Floats) -> Floats:
    """The spend expected on each past date, scaled to what was spent; untouched where nothing was."""
    scaled = expected.copy()
    for number in np.unique(examples.date):
        rows = examples.date == number
        spent = float(examples.spend[rows].sum())
        if spent > 0:
            scaled[rows] *= spent / float(expected[rows].sum())
    return scaled


def _off(examples: Examples, logit: Floats, number: int) -> float:
    """The logit that would have had to be added on a date for as many returns as there were."""
    rows = examples.date == number
    returned = float(examples.returned[rows].sum())

    def surplus(shift: float) -> float:
        return float(expit(logit[rows] + shift).sum()) - returned

    if surplus(-FURTHEST) >= 0.0:
        return -FURTHEST
    return FURTHEST if surplus(FURTHEST) <= 0.0 else float(brentq(surplus, -FURTHEST, FURTHEST))


def _noise(logit: Floats) -> float:
    """The variance of what chance alone puts a date off by."""
    p_return = expit(logit)
    return 1.0 / float((p_return * (1 - p_return)).sum())
