"""Shops whose truth is known: the same tables a real shop has, and what it could never see."""

from tenure.simulator.contracts import PERIOD, SubscriptionShop, simulate_contracts
from tenure.simulator.scenario import Scenario
from tenure.simulator.shop import SimulatedShop, simulate, simulate_blocks
from tenure.simulator.worlds import SUBSCRIPTION, WORLDS
from tenure.simulator.write import write_shop
from tenure.simulator.write_contracts import write_contracts

__all__ = [
    "PERIOD",
    "SUBSCRIPTION",
    "WORLDS",
    "Scenario",
    "SimulatedShop",
    "SubscriptionShop",
    "simulate",
    "simulate_blocks",
    "simulate_contracts",
    "write_contracts",
    "write_shop",
]
