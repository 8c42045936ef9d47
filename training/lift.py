"""What a campaign did: those contacted against those held back at random, by intention to treat."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import norm, t

from training.metrics import Numbers

LEVEL = 0.95
POWER = 0.8

Verdict = Literal["raised", "lowered", "cannot tell"]


@dataclass(frozen=True)
class Arm:
    """What the customers of one arm did in their windows; `spend` is net, in shop currency, per customer."""

    customers: int
    returned: int
    return_rate: float
    spend: float


@dataclass(frozen=True)
class Estimate:
    """A difference between the arms with its 95% interval."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> "Estimate":
        """The same in other units; `factor` is not negative."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True)
class Lift:
    """What contacting added, treated minus control; every difference with its 95% interval.

    `return_rate` and `spend` are per customer contacted; `returns` and `revenue` are of all contacted. `cost`
    counts every contact, and an offer for everybody contacted who returned: all who could have taken it. `profit` is
    `revenue` times margin minus `cost`; both are None where the costs are not known. `detectable` is the
    smallest true difference of return rates that arms of this size notice four times in five.
    """

    treated: Arm
    control: Arm
    return_rate: Estimate
    spend: Estimate
    returns: Estimate
    revenue: Estimate
    cost: float | None
    profit: Estimate | None
    detectable: float
    verdict: Verdict
    sentence: str


@dataclass(frozen=True)
class Behaviour:
    """One entry per customer of an arm: whether they bought in their window (0 or 1), and net spend there."""

    returned: Numbers
    spend: Numbers


def measure_lift(
    treated: Behaviour,
    control: Behaviour,
    margin: float,
    contact_cost: float | None,
    offer_cost: float | None,
) -> Lift | None:
    """Compare the arms; None where one of them has fewer than two customers.

    Everybody counts in the arm that they were drawn into, whether the message reached them or not.
    """
    n, m = len(treated.returned), len(control.returned)
    if min(n, m) < 2:
        return None
    arms = _arm(treated), _arm(control)
    rate = difference_of_rates(arms[0].returned, n, arms[1].returned, m)
    spend = difference_of_means(treated.spend, control.spend)
    revenue = spend.times(n)
    cost, profit = None, None
    if contact_cost is not None and offer_cost is not None:
        cost = n * contact_cost + arms[0].returned * offer_cost
        earned = revenue.times(margin)
        profit = Estimate(earned.value - cost, earned.low - cost, earned.high - cost)
    verdict: Verdict = "raised" if rate.low > 0 else "lowered" if rate.high < 0 else "cannot tell"
    detectable = detectable_difference((arms[0].returned + arms[1].returned) / (n + m), n, m)
    return Lift(
        treated=arms[0],
        control=arms[1],
        return_rate=rate,
        spend=spend,
        returns=rate.times(n),
        revenue=revenue,
        cost=cost,
        profit=profit,
        detectable=detectable,
        verdict=verdict,
        sentence=_sentence(verdict, arms, rate, detectable),
    )


def difference_of_rates(hits: int, tries: int, other_hits: int, other_tries: int) -> Estimate:
    """The first share minus the second, with Newcombe's interval: it holds for small arms and rare returns.

    Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10: the
    distances from each share to its own score interval (Wilson), added as squares.
    """
    p, q = hits / tries, other_hits / other_tries
    (low, high), (other_low, other_high) = wilson(hits, tries), wilson(other_hits, other_tries)
    return Estimate(
        p - q,
        p - q - float(np.hypot(p - low, other_high - q)),
        p - q + float(np.hypot(high - p, q - other_low)),
    )


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927)."""
    z = norm.ppf((1 + LEVEL) / 2)
    centre = (hits + z**2 / 2) / (tries + z**2)
    reach = z / (tries + z**2) * np.sqrt(hits * (tries - hits) / tries + z**2 / 4)
    return float(centre - reach), float(centre + reach)


def difference_of_means(ours: Numbers, theirs: Numbers) -> Estimate:
    """The first mean minus the second, with Welch's interval: the arms may differ in size and in spread."""
    value = float(ours.mean() - theirs.mean())
    a, b = ours.var(ddof=1) / len(ours), theirs.var(ddof=1) / len(theirs)
    if a + b == 0:
        return Estimate(value, value, value)
    degrees = (a + b) ** 2 / (a**2 / (len(ours) - 1) + b**2 / (len(theirs) - 1))
    reach = float(t.ppf((1 + LEVEL) / 2, degrees) * np.sqrt(a + b))
    return Estimate(value, value - reach, value + reach)


def detectable_difference(rate: float, treated: int, control: int) -> float:
    """The smallest difference of return rates around `rate` that is noticed with 80% power at the 95% level."""
    spread = np.sqrt(rate * (1 - rate) * (1 / treated + 1 / control))
    return float((norm.ppf((1 + LEVEL) / 2) + norm.ppf(POWER)) * spread)


def _arm(behaviour: Behaviour) -> Arm:
    return Arm(
        customers=len(behaviour.returned),
        returned=int(behaviour.returned.sum()),
        return_rate=float(behaviour.returned.mean()),
        spend=float(behaviour.spend.mean()),
    )


def _sentence(verdict: Verdict, arms: tuple[Arm, Arm], rate: Estimate, detectable: float) -> str:
    treated, control = arms
    seen = (
        f"{treated.return_rate:.1%} of {treated.customers:,} contacted came back and "
        f"{control.return_rate:.1%} of {control.customers:,} held back: {100 * rate.value:+.1f} points, between "
        f"{100 * rate.low:+.1f} and {100 * rate.high:+.1f}."
    )
    if verdict == "cannot tell":
        return (
            f"Cannot tell whether contacting did anything. {seen} Arms of this size notice a difference of "
            f"{100 * detectable:.1f} points four times in five."
        )
    done = "brought more customers back" if verdict == "raised" else "kept customers away"
    return f"Contacting {done}. {seen}"
