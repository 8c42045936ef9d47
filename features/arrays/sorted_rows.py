"""What filters and joins do to the rows of tables that are sorted by customer."""

from typing import Any, NamedTuple

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


class Found(NamedTuple):
    """Customers among others: which of `customers` are there, the place of each of them, and who is not there."""

    customers: int
    there: Any
    places: Any
    absent: Any


def found(customers: Any, others: Any) -> Found | None:
    """Where the customers are among the others; None where both are the same."""
    if len(customers) == len(others) and (customers == others).all():
        return None
    if not len(customers) or not len(others):
        nobody = np.zeros(0, np.int64)
        return Found(len(customers), nobody, nobody, np.ones(len(customers), bool))
    lowest = min(customers[0], others[0])
    place_of = np.full(max(customers[-1], others[-1]) - lowest + 1, -1, np.int64)
    place_of[others - lowest] = np.arange(len(others))
    places = place_of.take(customers - lowest)
    absent = places < 0
    there = np.flatnonzero(~absent)
    return Found(len(customers), there, places.take(there), absent)


def looked_up(column: Column, others: Found | None) -> Column:
    """What a column of the others has for each customer."""
    if others is None:
        return column
    values, missing = column.values, others.absent
    if np.ndim(values):
        values = np.zeros(others.customers, values.dtype)
        values[others.there] = column.values.take(others.places)
    if column.missing is not None and np.ndim(column.missing):
        missing = missing.copy()
        missing[others.there] = column.missing.take(others.places)
    return Column(values, missing, column.words)


def looked_up_or(column: Column, others: Found | None, otherwise: Column) -> Column:
    """The same, and `otherwise` where nothing is known."""
    if others is None or np.ndim(column.values) == 0:
        return FORMULAS[ops.Coalesce](looked_up(column, others), otherwise)
    if column.missing is not None:
        column = FORMULAS[ops.Coalesce](column, otherwise)
    values = np.full(others.customers, otherwise.values, np.result_type(column.values, otherwise.values))
    values[others.there] = column.values.take(others.places)
    return Column(values)
