"""The purchase log: what each order was worth, what was sent back, and the columns a shop exports."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tenure.simulator.arrays import Flags, Floats, Integers, texts, totals
from tenure.simulator.customers import Customers
from tenure.simulator.lives import Lives
from tenure.simulator.scenario import Scenario
from tenure.simulator.times import timestamps
from tenure.simulator.worlds import SPEND

CATEGORIES = ("books", "music", "home", "garden", "toys", "food")
CHANNELS = ("web", "app", "store")
CURRENCY = "EUR"
REFUND_DAYS = 14  # a refund follows its order within this many days
FULL_REFUND_SHARE = 0.5  # the others send back half
MEAN_REFUNDED = FULL_REFUND_SHARE + (1 - FULL_REFUND_SHARE) * 0.5


@dataclass(frozen=True)
class Orders:
    """Amounts beside the times of `Lives`; a refund names the order it follows."""

    amount: Floats
    refunded_order: Integers
    refund_at: Floats
    refund_amount: Floats


def draw_orders(customers: Customers, lives: Lives, scenario: Scenario, rng: np.random.Generator) -> Orders:
    """Gamma amounts around each customer's own mean, in whole cents; a share of orders is sent back."""
    mean = customers.mean_spend[lives.customer]
    amount = np.maximum(np.round(rng.standard_gamma(SPEND.p, len(mean)) * mean / SPEND.p, 2), 0.01)
    refunded = np.flatnonzero(rng.random(len(mean)) < scenario.refund_share)
    share = np.where(rng.random(len(refunded)) < FULL_REFUND_SHARE, 1.0, 0.5)
    return Orders(
        amount=amount,
        refunded_order=refunded,
        refund_at=lives.at[refunded] + rng.uniform(0.5, REFUND_DAYS, len(refunded)),
        refund_amount=-np.maximum(np.round(amount[refunded] * share, 2), 0.01),
    )


def purchases_table(
    customers: Customers, lives: Lives, orders: Orders, scenario: Scenario, rng: np.random.Generator
) -> pa.Table:
    """One row per order and one per refund, without order ids; history and future together."""
    count = len(lives.at)
    is_first = np.zeros(count, dtype=bool)
    is_first[lives.starts[:-1]] = True
    has_discount = rng.random(count) < 0.2
    discount = np.where(has_discount, np.round(orders.amount * rng.uniform(0.05, 0.3, count), 2), 0.0)
    every = np.concatenate([np.arange(count), orders.refunded_order])
    is_order = np.arange(len(every)) < count
    whose = lives.customer[every]
    return pa.table(
        {
            "customer_id": texts(customers.ids, whose),
            "ordered_at": timestamps(np.concatenate([lives.at, orders.refund_at]), scenario),
            "amount": np.concatenate([orders.amount, orders.refund_amount]),
            "quantity": (1 + rng.poisson(0.8, count))[every],
            "category": texts(CATEGORIES, _favourites(CATEGORIES, lives, rng)[every]),
            "channel": texts(CHANNELS, _favourites(CHANNELS, lives, rng)[every]),
            "discount": pa.array(discount[every], mask=~is_order),
            "currency": texts([CURRENCY], np.zeros_like(every)),
            "is_guest": (rng.random(count) < np.where(is_first, 0.3, 0.05))[every],
        }
    )


def happened(lives: Lives, orders: Orders, since: float, until: float) -> tuple[Integers, Floats]:
    """Orders and net spend of each customer in `[since, until)`, refunds that fall there included."""
    customers = len(lives.starts) - 1
    ordered: Flags = (since <= lives.at) & (lives.at < until)
    refunded: Flags = (since <= orders.refund_at) & (orders.refund_at < until)
    bought: Integers = np.bincount(lives.customer[ordered], minlength=customers)
    spend = totals(lives.customer[ordered], orders.amount[ordered], customers)
    who = lives.customer[orders.refunded_order[refunded]]
    return bought, spend + totals(who, orders.refund_amount[refunded], customers)


def _favourites(values: tuple[str, ...], lives: Lives, rng: np.random.Generator) -> Integers:
    """Each customer has a favourite, chosen two times in three; otherwise any value. One place per order."""
    favourite = rng.integers(len(values), size=len(lives.dropout_at))[lives.customer]
    stray = rng.integers(len(values), size=len(lives.at))
    return np.where(rng.random(len(lives.at)) < 2 / 3, favourite, stray)
