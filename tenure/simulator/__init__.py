"""Shops whose truth is known: the same tables a real shop has, and what it could never see."""

from tenure.simulator.scenario import Scenario
from tenure.simulator.shop import SimulatedShop, simulate, simulate_blocks
from tenure.simulator.worlds import WORLDS
from tenure.simulator.write import write_shop

__all__ = ["WORLDS", "Scenario", "SimulatedShop", "simulate", "simulate_blocks", "write_shop"]
