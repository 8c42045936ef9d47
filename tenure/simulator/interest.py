"""How much of a customer's interest is left, from full (1) to nearly none."""

import numpy as np

from tenure.simulator.arrays import Flags, Floats, Integers
from tenure.simulator.customers import Customers
from tenure.simulator.lives import Lives
from tenure.simulator.worlds import Population

LEFT_WHEN_GONE = 0.08
LEFT_WHILE_PAUSING = 0.3
WAKES_DAYS = 21  # interest is back this long before a pause ends


def fading(customers: Customers, population: Population, lives: Lives, who: Integers, at: Floats) -> Floats:
    """How far customer `who` has gone at time `at`: 0 before the fade begins, 1 once it is over.

    Where customers leave over time, interest fades in the weeks up to the exit. Where leaving is a decision
    taken at the last purchase, it fades in the weeks after it: a fade that came first would foretell one
    more purchase.
    """
    begins = lives.dropout_at
    if population.leaves_over_time is not None:
        begins = begins - customers.fade_days
    begun = np.isfinite(begins[who])
    gone = np.zeros(len(who))
    gone[begun] = (at[begun] - begins[who[begun]]) / customers.fade_days[who[begun]]
    return np.clip(gone, 0, 1)


def interest(population: Population, lives: Lives, who: Integers, at: Floats, gone: Floats) -> Floats:
    """The share of a customer's usual interactions that still take place."""
    left = 1 - (1 - LEFT_WHEN_GONE) * gone
    if population.pause_probability > 0:
        left[_is_pausing(lives, who, at)] *= LEFT_WHILE_PAUSING
    return left


def _is_pausing(lives: Lives, who: Integers, at: Floats) -> Flags:
    """Whether the last order before `at` began a pause that lasts for WAKES_DAYS more."""
    far = 1_000_000.0  # days; customers laid end to end, so that one search serves them all
    last = np.searchsorted(lives.customer * far + lives.at, who * far + at, side="right") - 1
    bought: Flags = (last >= 0) & (lives.customer[last] == who)
    pauses: Flags = (
        bought & (lives.paused_until[last] > lives.at[last]) & (at < lives.paused_until[last] - WAKES_DAYS)
    )
    return pauses
