"""What to expect of a customer whose hidden parameters are known: the truth behind one draw of the future.

Times and rates are in shop time. Customers who have left are not asked for.
"""

import numpy as np

from tenure.simulator.arrays import Flags, Floats, Integers


def probability_of_return(
    horizon: Floats, silence: Floats, rate: Floats, gap_shape: Integers, dropout_rate: Floats
) -> Floats:
    """P(next purchase within `horizon`) after `silence` since the last one, alive now.

    Gaps are Erlang(k, k * rate), and the customer may leave before the purchase at `dropout_rate`. With
    P_k(z) = sum of z^j / j! for j < k, and c = k * rate + dropout_rate, the integral of the gap's density
    times survival is (k rate / c)^k [P_k(c silence) - exp(-c horizon) P_k(c (silence + horizon))], over
    P_k(k rate silence). For k = 1 without dropout this is 1 - exp(-rate * horizon).
    """
    answer = np.empty(len(rate))
    for k in np.unique(gap_shape):
        of_shape = gap_shape == k
        h, e, pace = horizon[of_shape], silence[of_shape], k * rate[of_shape]
        c = pace + dropout_rate[of_shape]
        within = _poisson_sum(k, c * e) - np.exp(-c * h) * _poisson_sum(k, c * (e + h))
        answer[of_shape] = (pace / c) ** k * within / _poisson_sum(k, pace * e)
    return answer


def expected_purchases(
    horizon: Floats, silence: Floats, rate: Floats, gap_shape: Integers, dropout_rate: Floats
) -> Floats:
    """Expected purchases within `horizon`, alive now, leaving at `dropout_rate`.

    An Erlang gap is a walk around k phases, a purchase at each turn. The phase after `silence` has weights
    (k rate silence)^j / j!; from phase j, purchases come at rate * sum over m of
    w^(m (j + 1)) exp(-k rate (1 - w^m) t) with w = exp(2 pi i / k), which is integrated against survival.
    Leaving right after a purchase with chance p counts, for k = 1, as `dropout_rate` = rate * p.
    """
    answer = np.empty(len(rate))
    for k in np.unique(gap_shape):
        of_shape = gap_shape == k
        h, e, pace, leaves = horizon[of_shape], silence[of_shape], k * rate[of_shape], dropout_rate[of_shape]
        phases = np.array([(pace * e) ** j for j in range(k)]) / _factorials(k)[:, None]
        phases /= phases.sum(axis=0)
        total = np.zeros(len(h), dtype=complex)
        for m in range(k):
            turn = np.exp(2j * np.pi * m / k)
            decay = pace * (1 - turn) + leaves
            weight = (phases * turn ** (np.arange(1, k + 1))[:, None]).sum(axis=0)
            total += weight * (1 - np.exp(-decay * h)) / decay
        answer[of_shape] = rate[of_shape] * total.real
    return answer


def probability_of_return_with_pauses(
    horizon: Floats, is_pausing: Flags, rate: Floats, dropout_rate: Floats, wakes: float
) -> Floats:
    """The same for exponential gaps where the customer may first have to wake, at the rate `wakes`."""
    c = rate + dropout_rate
    active = rate / c * -np.expm1(-c * horizon)
    until_awake = wakes / (wakes + dropout_rate) * -np.expm1(-(wakes + dropout_rate) * horizon)
    too_late = wakes * (np.exp(-c * horizon) - np.exp(-(wakes + dropout_rate) * horizon)) / (wakes - rate)
    paused = rate / c * (until_awake - too_late)
    return np.where(is_pausing, paused, active)


def expected_purchases_with_pauses(
    horizon: Floats, is_pausing: Flags, rate: Floats, dropout_rate: Floats, pauses: float, wakes: float
) -> Floats:
    """Expected purchases of a customer who alternates: a purchase begins a pause with chance `pauses`.

    P(active at t) tends to s = wakes / (rate pauses + wakes) from 1 or 0; integrated against survival.
    """
    turnover = rate * pauses + wakes
    active_share = wakes / turnover
    steady = active_share * -np.expm1(-dropout_rate * horizon) / dropout_rate
    start = np.where(is_pausing, -active_share, 1 - active_share)
    return rate * (
        steady + start * -np.expm1(-(dropout_rate + turnover) * horizon) / (dropout_rate + turnover)
    )


def _poisson_sum(k: int, z: Floats) -> Floats:
    term, total = np.ones(len(z)), np.ones(len(z))
    for j in range(1, k):
        term = term * z / j
        total = total + term
    return total


def _factorials(k: int) -> Floats:
    return np.cumprod(np.concatenate([[1.0], np.arange(1.0, k)]))
