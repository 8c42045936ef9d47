"""What filters and joins do to the rows of tables that are sorted by customer."""

from typing import Any

import ibis.expr.operations as ops
import numpy as np

from features.arrays.column import Column, Unsorted
from features.arrays.formulas import FORMULAS


def places(customers: Any, *held: Any) -> Any:
    """Where all of it holds; None where it holds everywhere."""
    every = held[0]
    for one in held[1:]:
        every = every & one
    if np.ndim(every) == 0:
        every = np.broadcast_to(every, len(customers))
    return None if every.all() else np.flatnonzero(every)


def picked_customers(customers: Any, places: Any) -> Any:
    """The customers of the rows at these places."""
    return customers if places is None else customers.take(places)


def in_order(column: Any) -> Column:
    """The column, in the order that is meant."""
    return column.column() if isinstance(column, Unsorted) else column


def picked(column: Any, places: Any) -> Any:
    """A column's rows at these places; one that is not in order stays so."""
    if places is None:
        return column
    if not isinstance(column, Column):
        return column.take(places)
    values = column.values if np.ndim(column.values) == 0 else column.values.take(places)
    missing = column.missing
    if missing is not None and np.ndim(missing):
        missing = missing.take(places)
    return Column(values, missing, column.words)


def found(customers: Any, others: Any) -> Any:
    """The place of each customer among the others, and whether there is none; None where both are the same."""
    if len(customers) == len(others) and (customers == others).all():
        return None
    if not len(customers) or not len(others):
        return np.zeros(len(customers), np.int64), np.ones(len(customers), bool)
    lowest = min(customers[0], others[0])
    places = np.full(max(customers[-1], others[-1]) - lowest + 1, -1, np.int64)
    places[others - lowest] = np.arange(len(others))
    theirs = places.take(customers - lowest)
    absent = theirs < 0
    return np.where(absent, 0, theirs), absent


def looked_up(column: Column, places: Any) -> Column:
    """What a column has for each customer, where `found` found them."""
    if places is None:
        return column
    rows, absent = places
    values = column.values
    if np.ndim(values):
        values = values.take(rows) if len(values) else np.zeros(len(rows), values.dtype)
    missing = column.missing
    if missing is not None and np.ndim(missing):
        missing = missing.take(rows) if len(missing) else None
    return Column(values, absent if missing is None else absent | missing, column.words)


def looked_up_or(column: Column, places: Any, otherwise: Column) -> Column:
    """The same, and `otherwise` where nothing is known."""
    if places is None or np.ndim(column.values) == 0:
        return FORMULAS[ops.Coalesce](looked_up(column, places), otherwise)
    rows, absent = places
    if column.missing is not None:
        column = FORMULAS[ops.Coalesce](column, otherwise)
    if not len(column.values):
        return Column(np.full(len(rows), otherwise.values))
    values = column.values.take(rows)
    values[absent] = otherwise.values
    return Column(values)
