"""A simulated shop: what it recorded, what it could not know, and what became of its customers."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.simulator.clock import wind_clock
from tenure.simulator.customers import customers_table, draw_customers
from tenure.simulator.interactions import interactions_table
from tenure.simulator.lives import live
from tenure.simulator.purchases import draw_orders, purchases_table
from tenure.simulator.scenario import Scenario
from tenure.simulator.truth import truth_table
from tenure.simulator.worlds import find_world

BLOCK = 50_000  # customers simulated at a time: memory stays bounded whatever the shop's size


@dataclass(frozen=True)
class SimulatedShop:
    """The three tables a shop has before `as_of`, the purchases withheld from it, and the truth."""

    purchases: pa.Table
    interactions: pa.Table
    customers: pa.Table
    future_purchases: pa.Table
    truth: pa.Table


def simulate(customers: int, seed: int, world: str, **options: Any) -> SimulatedShop:
    """A shop of `customers` in `world`; `options` are the further fields of `Scenario`."""
    blocks = list(simulate_blocks(Scenario(customers, seed, world, **options)))
    names = [field.name for field in fields(SimulatedShop)]
    tables = {name: pa.concat_tables(getattr(block, name) for block in blocks) for name in names}
    return SimulatedShop(**tables)


def simulate_blocks(scenario: Scenario) -> Iterator[SimulatedShop]:
    """The same shop in blocks of 50,000 customers, so that a shop larger than memory can be written."""
    orders, events = 0, 0
    for number, first in enumerate(range(0, scenario.customers, BLOCK)):
        block = _simulate_block(scenario, number, range(first, min(first + BLOCK, scenario.customers)))
        purchases = _numbered(block["purchases"], "order_id", "o", orders)
        interactions = _numbered(block["interactions"], "interaction_id", "i", events)
        orders, events = orders + len(purchases), events + len(interactions)
        past = np.searchsorted(purchases["ordered_at"].to_numpy(), np.datetime64(scenario.as_of, "us"))
        yield SimulatedShop(
            purchases=purchases.slice(0, past),
            interactions=interactions,
            customers=block["customers"],
            future_purchases=purchases.slice(past),
            truth=block["truth"],
        )


def _simulate_block(scenario: Scenario, number: int, members: range) -> dict[str, pa.Table]:
    """Population by population; ids are dealt at random and logs sorted by time, so that neither tells."""
    rng = np.random.default_rng([scenario.seed, number])
    populations = find_world(scenario.world)
    ids = _customer_ids(members).take(pa.array(rng.permutation(len(members))))
    share = rng.multinomial(len(members), np.full(len(populations), 1 / len(populations)))
    tables: dict[str, list[pa.Table]] = {"purchases": [], "interactions": [], "customers": [], "truth": []}
    for place in np.flatnonzero(share).tolist():
        population, size = populations[place], share[place]
        lives_rng, orders_rng, log_rng, events_rng = (
            np.random.default_rng([scenario.seed, number, place, stream]) for stream in range(4)
        )
        clock = wind_clock(scenario, population.is_seasonal)
        own_ids = ids.slice(int(share[:place].sum()), int(size))
        customers = draw_customers(population, own_ids, scenario, clock, lives_rng)
        lives = live(customers, population, clock, scenario.history_days + scenario.future_days, lives_rng)
        orders = draw_orders(customers, lives, scenario, orders_rng)
        tables["purchases"].append(purchases_table(customers, lives, orders, scenario, log_rng))
        tables["interactions"].append(interactions_table(customers, population, lives, scenario, events_rng))
        tables["customers"].append(customers_table(customers, scenario, log_rng))
        tables["truth"].append(truth_table(customers, population, clock, lives, orders, scenario))
    sorted_by = {"purchases": "ordered_at", "interactions": "occurred_at"}
    return {
        name: _in_order(pa.concat_tables(parts), sorted_by.get(name, "customer_id"))
        for name, parts in tables.items()
    }


def _in_order(table: pa.Table, column: str) -> pa.Table:
    """Sorted by `column`, texts as texts."""
    table = table.unify_dictionaries().combine_chunks()
    plain = [pa.string() if pa.types.is_dictionary(field.type) else field.type for field in table.schema]
    return table.sort_by(column).cast(pa.schema(zip(table.schema.names, plain, strict=True)))


def _customer_ids(members: range) -> pa.Array:
    digits = pc.ascii_lpad(pa.array(members).cast(pa.string()), 8, "0")
    return pc.binary_join_element_wise("c", digits, "")


def _numbered(table: pa.Table, name: str, letter: str, start: int) -> pa.Table:
    numbers = pa.array(np.arange(start + 1, start + len(table) + 1)).cast(pa.string())
    return table.add_column(0, name, pc.binary_join_element_wise(letter, pc.ascii_lpad(numbers, 10, "0"), ""))
