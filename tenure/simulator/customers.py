"""Customers: what is hidden about them, and what the shop's own table says."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tenure.simulator.arrays import Floats, Integers, texts
from tenure.simulator.clock import Clock
from tenure.simulator.scenario import Scenario
from tenure.simulator.times import timestamps
from tenure.simulator.worlds import SPEND, Population

COUNTRIES = {"DE": 0.4, "FR": 0.25, "NL": 0.15, "PL": 0.12, "SE": 0.08}
PLANS = {"free": 0.8, "plus": 0.15, "club": 0.05}


@dataclass(frozen=True)
class Customers:
    """Hidden parameters, one entry per customer; times in days since the start of history.

    `leaves_at` is a shop time, infinite for those who leave right after a purchase; `fade_days` is how long
    their interest takes to go.
    """

    ids: pa.Array
    signed_up_at: Floats
    born_at: Floats
    rate: Floats
    gap_shape: Integers
    dropout_probability: Floats
    dropout_rate: Floats
    leaves_at: Floats
    mean_spend: Floats
    engagement: Floats
    fade_days: Floats

    def __len__(self) -> int:
        return len(self.rate)


def draw_customers(
    population: Population, ids: pa.Array, scenario: Scenario, clock: Clock, rng: np.random.Generator
) -> Customers:
    """One customer per id, born (their first purchase) within history or its cohort."""
    count = len(ids)
    born_at = rng.random(count) * (scenario.cohort_days or scenario.history_days)
    shape, days = population.purchase_rate
    dropout_probability, dropout_rate = np.zeros(count), np.zeros(count)
    leaves_at = np.full(count, np.inf)
    if population.leaves_after_purchase is not None:
        dropout_probability = rng.beta(*population.leaves_after_purchase, count)
    if population.leaves_over_time is not None:
        hazard_shape, hazard_days = population.leaves_over_time
        dropout_rate = rng.gamma(hazard_shape, 1 / hazard_days, count)
        leaves_at = clock.shop_time(born_at) + rng.exponential(1, count) / dropout_rate
    return Customers(
        ids=ids,
        signed_up_at=born_at - np.where(rng.random(count) < 0.5, rng.exponential(10, count), 0),
        born_at=born_at,
        rate=rng.gamma(shape, 1 / days, count),
        gap_shape=rng.choice(np.array(population.gap_shapes), count),
        dropout_probability=dropout_probability,
        dropout_rate=dropout_rate,
        leaves_at=leaves_at,
        mean_spend=SPEND.p * SPEND.v / rng.gamma(SPEND.q, 1, count),
        engagement=rng.gamma(2, 0.5, count),
        fade_days=rng.uniform(21, 70, count),
    )


def customers_table(customers: Customers, scenario: Scenario, rng: np.random.Generator) -> pa.Table:
    """The shop's table, one row per customer; country and plan tell nothing about anybody's future."""
    count = len(customers)
    return pa.table(
        {
            "customer_id": customers.ids,
            "signed_up_at": timestamps(customers.signed_up_at, scenario),
            "opted_out": rng.random(count) < scenario.opted_out_share,
            "country": _pick(COUNTRIES, count, rng),
            "plan": _pick(PLANS, count, rng),
        }
    )


def _pick(shares: dict[str, float], count: int, rng: np.random.Generator) -> pa.Array:
    return texts(list(shares), rng.choice(len(shares), count, p=list(shares.values())))
