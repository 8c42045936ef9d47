"""Amounts as whole numbers of ticks, so that no order of rows, no thread and no engine changes a sum.

A sum of floats depends on the order in which an engine adds them. A sum of whole numbers does not, as long
as it stays below 2^53: with a tick of 0.0001 that is 900 thousand million in shop currency per customer.
"""

import ibis

PER_UNIT = 10_000.0
CENT = 100.0
"""Ticks in a hundredth: squares of cents stay exact where squares of ticks would not."""


def ticks(amount: ibis.Value) -> ibis.Value:
    """An amount as a whole number of ticks (still a float64)."""
    return (amount * PER_UNIT).round().cast("float64")


def money(ticks: ibis.Value) -> ibis.Value:
    """Ticks as an amount."""
    return ticks / PER_UNIT
