"""Simulated times as timestamps."""

from typing import Any

import numpy as np
import pyarrow as pa

from tenure.simulator.arrays import Flags, Floats
from tenure.simulator.scenario import Scenario

SECONDS_A_DAY = 86_400


def timestamps(days: Floats, scenario: Scenario, known: Flags | None = None) -> Any:
    """Arrow timestamps (UTC, zone-less, whole seconds, rounded down) of days since the start of history.

    Rounding down keeps what happened before a midnight before it. Empty where `known` is false.
    """
    start = np.datetime64(scenario.start, "s").astype(np.int64)
    if known is not None:
        days = np.where(known, days, 0.0)
    seconds = start + np.floor(days * SECONDS_A_DAY).astype(np.int64)
    missing = None if known is None else ~known
    return pa.array(seconds * 1_000_000, mask=missing).cast(pa.timestamp("us"))
