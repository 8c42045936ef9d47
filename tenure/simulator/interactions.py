"""Interactions: what customers do besides buying, and what the shop sends them.

Candidates come at a constant rate from sign-up to `as_of` and are kept with the customer's interest, so
engagement fades before they go. Unhappy customers complain more, wait longer and score lower on the way
out. What the shop sends does not depend on the customer.
"""

import numpy as np
import pyarrow as pa

from tenure.simulator.arrays import Floats, Integers, texts
from tenure.simulator.customers import Customers
from tenure.simulator.interest import fading, interest
from tenure.simulator.kinds import ENGAGEMENT, EXPOSURE, EXPOSURE_SHARE, KINDS, Kind
from tenure.simulator.lives import Lives
from tenure.simulator.scenario import Scenario
from tenure.simulator.times import timestamps
from tenure.simulator.worlds import Population

NUMBER = {kind.name: number for number, kind in enumerate(KINDS)}
PRAISE = ("Just what I wanted.", "Arrived early, well packed.", "Would buy again.", "Good value.")
COMPLAINTS = ("Arrived late.", "Not as described.", "Broke after a week.", "Nobody answered my question.")


def interactions_table(
    customers: Customers, population: Population, lives: Lives, scenario: Scenario, rng: np.random.Generator
) -> pa.Table:
    """One row per event before `as_of`, without interaction ids."""
    engaged = _candidates(ENGAGEMENT, customers, customers.engagement, scenario, rng)
    exposed = _candidates(EXPOSURE, customers, np.ones(len(customers)), scenario, rng)
    gone = fading(customers, population, lives, engaged[0], engaged[1])
    kept = rng.random(len(gone)) < np.where(
        engaged[2] == NUMBER["support"],
        _complaints(gone),
        interest(population, lives, engaged[0], engaged[1], gone),
    )
    who, at, kind = (np.concatenate([some[kept], sent]) for some, sent in zip(engaged, exposed, strict=True))
    gone = np.concatenate([gone[kept], np.zeros(len(exposed[0]))])
    return pa.table(
        {
            "customer_id": texts(customers.ids, who),
            "occurred_at": timestamps(at, scenario),
            "kind": texts([each.name for each in KINDS], kind),
            **_details(kind, gone, at, scenario, rng),
        }
    )


def _candidates(
    kinds: tuple[Kind, ...], customers: Customers, level: Floats, scenario: Scenario, rng: np.random.Generator
) -> tuple[Integers, Floats, Integers]:
    """Customer, time and kind of events at the rate of somebody whose interest is full."""
    share = EXPOSURE_SHARE if kinds is EXPOSURE else 1 - EXPOSURE_SHARE
    present = scenario.history_days - customers.signed_up_at
    per_day = scenario.interactions_per_year / 365 * share
    who = np.repeat(np.arange(len(customers)), rng.poisson(per_day * level * present))
    at = scenario.history_days - present[who] * (1 - rng.random(len(who)))
    cumulative = np.cumsum([kind.share for kind in kinds])
    drawn = np.searchsorted(cumulative / cumulative[-1], rng.random(len(who)), side="right")
    return who, at, drawn + NUMBER[kinds[0].name]


def _complaints(gone: Floats) -> Floats:
    """Support cases: three times as common towards the end, then next to none."""
    return np.where(gone < 1, (1 + 2 * gone) / 3, 0.02)


def _details(
    kind: Integers, gone: Floats, at: Floats, scenario: Scenario, rng: np.random.Generator
) -> dict[str, pa.Array]:
    """The columns that some kinds have, empty for the others; a case open at `as_of` is unresolved."""
    count = len(kind)
    is_session, is_review = kind == NUMBER["session"], kind == NUMBER["review"]
    has_points = (kind == NUMBER["loyalty_earn"]) | (kind == NUMBER["loyalty_redeem"])
    mood = np.clip(rng.normal(0.75, 0.2, count) - 0.45 * gone, 0, 1)
    resolved_at = at + rng.exponential(1.5, count) * (1 + 2 * gone)
    is_resolved = (
        (kind == NUMBER["support"]) & (resolved_at < scenario.history_days) & (rng.random(count) < 0.95)
    )
    low = np.array([each.scale[0] if each.scale else 0 for each in KINDS])[kind]
    high = np.array([each.scale[1] if each.scale else 0 for each in KINDS])[kind]
    duration = np.round(rng.lognormal(5, 0.8, count) * (1 - 0.5 * gone), 1)
    points = np.where(
        kind == NUMBER["loyalty_earn"], rng.integers(5, 100, count), rng.integers(100, 500, count)
    )
    remark = rng.integers(len(PRAISE), size=count) + np.where(mood < 0.5, len(PRAISE), 0)
    return {
        "channel": _channels(kind, rng),
        "duration_seconds": pa.array(duration, mask=~is_session),
        "pages": pa.array(1 + rng.poisson(4 * (1 - 0.5 * gone)), mask=~is_session),
        "score": pa.array(np.round(low + (high - low) * mood), mask=high == 0),
        "points": pa.array(points, mask=~has_points),
        "text": texts(PRAISE + COMPLAINTS, remark, known=is_review),
        "resolved_at": timestamps(resolved_at, scenario, known=is_resolved),
    }


def _channels(kind: Integers, rng: np.random.Generator) -> pa.Array:
    """A channel of the kind's own, any alike; empty where the kind has none."""
    names = [channel for each in KINDS for channel in each.channels]
    counts = np.array([len(each.channels) for each in KINDS])
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    chosen = first[kind] + rng.integers(0, np.maximum(counts, 1)[kind])
    return texts(names, chosen, known=counts[kind] > 0)
