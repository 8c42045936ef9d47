"""A campaign whose effect is known: what the future would have been, had some customers been contacted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import ConfigurationError
from tenure.simulator.purchases import CURRENCY
from tenure.simulator.scenario import Scenario
from tenure.simulator.shop import SimulatedShop
from tenure.simulator.times import timestamps
from tenure.simulator.worlds import SPEND


@dataclass(frozen=True)
class Campaign:
    """What a campaign brought: the future with the orders it won, and its true mean effect per contact.

    `return_effect` is what it adds to the share of the contacted who return within the churn window,
    `spend_effect` what it adds to their gross spend there: means over who accepts, given who would have
    returned anyway.
    """

    future_purchases: pa.Table
    won_orders: int
    return_effect: float
    spend_effect: float


def run_campaign(
    shop: SimulatedShop, scenario: Scenario, contacted: Sequence[str], accept_rate: float, seed: int
) -> Campaign:
    """Contact customers at `as_of`; those who would not have returned accept with chance `accept_rate`.

    Whoever accepts places one order, on any day of the churn window alike, worth one of their usual orders.
    Nobody else changes: contacting a customer who returns anyway wins nothing.
    """
    if not 0 <= accept_rate <= 1:
        raise ConfigurationError(f"accept_rate is {accept_rate}: give a number from 0 to 1.")
    rng = np.random.default_rng([seed, scenario.seed])
    chosen = shop.truth.filter(pc.is_in(shop.truth["customer_id"], pa.array(contacted, pa.string())))
    if len(chosen) != len(contacted):
        raise ConfigurationError(
            f"{len(contacted) - len(chosen)} of {len(contacted)} contacted customers are not of this shop, "
            "or named twice."
        )
    lost = ~chosen["returned"].to_numpy()
    mean_spend = chosen["mean_spend"].to_numpy()
    accepts = lost & (rng.random(len(chosen)) < accept_rate)
    won = int(accepts.sum())
    at = scenario.history_days + rng.random(won) * scenario.churn_window_days
    amount = np.maximum(np.round(rng.standard_gamma(SPEND.p, won) * mean_spend[accepts] / SPEND.p, 2), 0.01)
    orders = pa.table(
        {
            "order_id": pa.array([f"campaign{number:08d}" for number in range(1, won + 1)], pa.string()),
            "customer_id": chosen["customer_id"].filter(pa.array(accepts)),
            "ordered_at": timestamps(at, scenario),
            "amount": amount,
            "currency": pa.array([CURRENCY] * won, pa.string()),
        }
    )
    contacts = max(len(chosen), 1)
    return Campaign(
        future_purchases=pa.concat_tables([shop.future_purchases, orders], promote_options="default").sort_by(
            "ordered_at"
        ),
        won_orders=won,
        return_effect=accept_rate * float(lost.sum()) / contacts,
        spend_effect=accept_rate * float(mean_spend[lost].sum()) / contacts,
    )
