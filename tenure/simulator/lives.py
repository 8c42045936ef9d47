"""When customers buy, pause and leave."""

from dataclasses import dataclass

import numpy as np

from tenure.simulator.arrays import Flags, Floats, Integers
from tenure.simulator.clock import Clock
from tenure.simulator.customers import Customers
from tenure.simulator.worlds import Population


@dataclass(frozen=True)
class Lives:
    """Every order of history and future, by customer, then by time; days since the start of history.

    `customer` is an index into the customers; order k's customer pauses until `paused_until[k]`, which is
    the order's own time where there is no pause. `starts[i]` is where the orders of customer i begin
    (one more entry closes the last). `dropout_at` is per customer, infinite if not before the end.
    """

    customer: Integers
    at: Floats
    paused_until: Floats
    starts: Integers
    dropout_at: Floats


def live(
    customers: Customers, population: Population, clock: Clock, end: float, rng: np.random.Generator
) -> Lives:
    """Let every customer buy from birth until they leave or the calendar reaches `end`.

    One round draws one gap for everybody still there, so the work is that of the orders, not of the days.
    """
    end_of_life = np.minimum(customers.leaves_at, clock.shop_time(np.array([end]))[0])
    left_after_order = np.full(len(customers), np.inf)
    who, now = np.arange(len(customers)), clock.shop_time(customers.born_at)
    rounds: list[tuple[Integers, Floats, Floats]] = []
    while len(who):
        pauses = rng.random(len(who)) < population.pause_probability
        awake = now + np.where(pauses, rng.exponential(population.pause_days, len(who)), 0)
        rounds.append((who, now, awake))
        if len(rounds) > 1:
            drops = rng.random(len(who)) < customers.dropout_probability[who]
            left_after_order[who[drops]] = now[drops]
            who, awake = who[~drops], awake[~drops]
        shape = customers.gap_shape[who]
        now = awake + rng.standard_gamma(shape) / (shape * customers.rate[who])
        stays: Flags = now < end_of_life[who]
        who, now = who[stays], now[stays]
    return _by_customer(rounds, np.minimum(left_after_order, customers.leaves_at), clock)


def _by_customer(rounds: list[tuple[Integers, Floats, Floats]], dropout: Floats, clock: Clock) -> Lives:
    """Round n holds nth orders, so an order's place is known without sorting."""
    counts = np.zeros(len(dropout), dtype=np.int64)
    for who, _, _ in rounds:
        counts[who] += 1
    starts = np.concatenate([[0], np.cumsum(counts)])
    now, awake = np.empty(starts[-1]), np.empty(starts[-1])
    for number, (who, bought, wakes) in enumerate(rounds):
        now[starts[who] + number] = bought
        awake[starts[who] + number] = wakes
    return Lives(
        customer=np.repeat(np.arange(len(dropout)), counts),
        at=clock.calendar_time(now),
        paused_until=clock.calendar_time(awake),
        starts=starts,
        dropout_at=clock.calendar_time(dropout),
    )
