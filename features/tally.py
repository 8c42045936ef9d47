"""Counts and sums of the rows for which something holds, in one pass and in any number.

They are written as CASE, not as FILTER: for each FILTER DuckDB copies all columns of the rows that pass, so
that time grows with the square of their number.
"""

import ibis


def count_where(holds: ibis.Value) -> ibis.Value:
    """Number of rows; 0 where there is none."""
    return holds.ifelse(1, None).count()


def sum_where(holds: ibis.Value, value: ibis.Value) -> ibis.Value:
    """Sum of `value`; NULL where there is no such row."""
    return holds.ifelse(value, None).sum()


def most_where(holds: ibis.Value, value: ibis.Value) -> ibis.Value:
    """Largest `value`; NULL where there is no such row."""
    return holds.ifelse(value, None).max()


def least_where(holds: ibis.Value, value: ibis.Value) -> ibis.Value:
    """Smallest `value`; NULL where there is no such row."""
    return holds.ifelse(value, None).min()
