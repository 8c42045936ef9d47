"""Rows that belong together and lie one after the other: their sums, counts, extremes and order."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.arrays.column import Column

Places = npt.NDArray[np.int64]


class Groups(NamedTuple):
    """`starts` is the first row of each group; `order` puts the rows group by group, None where they are so."""

    starts: Places
    rows: int
    order: Places | None = None

    @property
    def lengths(self) -> Places:
        """How many rows each group has."""
        return np.diff(self.starts, append=self.rows)


def by_customer(customers: npt.NDArray[Any]) -> Groups:
    """The groups of rows that are sorted by customer."""
    return Groups(_starts(customers), len(customers))


def by_customer_and(customers: npt.NDArray[Any], keys: Column, downward: bool = False) -> Groups:
    """The groups of rows of one customer and one key, ordered by both; `downward` from the largest key on."""
    if keys.missing is not None and keys.missing.any():
        raise ValueError("Rows are grouped by a key that some of them lack.")
    if not len(customers):
        return Groups(np.zeros(0, np.int64), 0)
    places = keys.values.astype(np.int64) - keys.values.min()
    span = int(places.max()) + 1
    if downward:
        places = span - 1 - places
    both = customers.astype(np.int64) * span + places
    if (both[1:] >= both[:-1]).all():
        return Groups(_starts(both), len(both))
    order = np.argsort(both, kind="stable")
    return Groups(_starts(both[order]), len(both), order)


def _starts(sorted_keys: npt.NDArray[Any]) -> Places:
    if not len(sorted_keys):
        return np.zeros(0, np.int64)
    return np.concatenate(([0], np.flatnonzero(sorted_keys[1:] != sorted_keys[:-1]) + 1))


def ordered(values: Any, groups: Groups) -> npt.NDArray[Any]:
    """One value per row, group by group."""
    spread: npt.NDArray[Any] = values
    if np.ndim(values) == 0:
        spread = np.broadcast_to(values, groups.rows)
    return spread if groups.order is None else spread[groups.order]


def count_true(held: Any, groups: Groups) -> Column:
    """In how many rows of each group it holds."""
    flags = ordered(held, groups)
    return Column(_reduced(np.add, flags.view(np.int8), groups, np.int32).astype(np.int64))


def count_rows(groups: Groups) -> Column:
    """How many rows each group has."""
    return Column(groups.lengths)


def total(column: Column, groups: Groups) -> Column:
    """The sum of each group; missing where all of it is."""
    values = column.values
    if values.dtype.kind in "ib":
        values = values.astype(np.int64)
    if column.missing is None:
        return Column(_reduced(np.add, ordered(values, groups), groups))
    filled = np.where(column.missing, values.dtype.type(0), values)
    return Column(_reduced(np.add, ordered(filled, groups), groups), _all_missing(column, groups))


def least(column: Column, groups: Groups) -> Column:
    """The smallest value of each group; missing where all of it is."""
    return _extreme(np.minimum, column, groups)


def most(column: Column, groups: Groups) -> Column:
    """The largest value of each group; missing where all of it is."""
    return _extreme(np.maximum, column, groups)


def count_distinct(column: Column, customers: npt.NDArray[Any], groups: Groups) -> Column:
    """How many different values each group has."""
    labels = ordered(np.repeat(np.arange(len(groups.starts)), groups.lengths), Groups(groups.starts, groups.rows))
    values, missing = ordered(column.values, groups), column.missing
    known = np.ones(groups.rows, bool) if missing is None else ~ordered(missing, groups)
    pairs = np.unique(np.stack([labels[known], values[known].astype(np.int64)]), axis=1)
    return Column(np.bincount(pairs[0], minlength=len(groups.starts)))


def first(values: Any, groups: Groups) -> npt.NDArray[Any]:
    """The value of each group's first row."""
    head: npt.NDArray[Any] = ordered(values, groups)[groups.starts]
    return head


def spread(column: Column, groups: Groups) -> Column:
    """What each group has, for each of its rows."""
    missing = None if column.missing is None else np.repeat(column.missing, groups.lengths)
    return Column(np.repeat(column.values, groups.lengths), missing)


def row_number(within: Groups, groups: Groups) -> Column:
    """The place of each row in its group, from 0; `within` has the order of the rows in the groups."""
    places = np.arange(groups.rows) - np.repeat(groups.starts, groups.lengths)
    return Column(_back(places, within))


def before(column: Column, within: Groups, groups: Groups) -> Column:
    """The value of the row before, in the order of `within`; missing in a group's first row."""
    values = ordered(column.values, within)
    earlier = np.concatenate((values[:1], values[:-1]))
    missing = np.zeros(groups.rows, bool)
    if column.missing is not None:
        unknown = ordered(column.missing, within)
        missing[1:] = unknown[:-1]
    missing[groups.starts] = True
    return Column(_back(earlier, within), _back(missing, within))


def _back(values: npt.NDArray[Any], groups: Groups) -> npt.NDArray[Any]:
    if groups.order is None:
        return values
    placed = np.empty_like(values)
    placed[groups.order] = values
    return placed


def _extreme(function: np.ufunc, column: Column, groups: Groups) -> Column:
    values = column.values
    if column.missing is None:
        return Column(_reduced(function, ordered(values, groups), groups))
    info = np.finfo(values.dtype) if values.dtype.kind == "f" else np.iinfo(values.dtype)
    filled = np.where(column.missing, info.max if function is np.minimum else info.min, values)
    return Column(_reduced(function, ordered(filled, groups), groups), _all_missing(column, groups))


def _all_missing(column: Column, groups: Groups) -> npt.NDArray[np.bool_]:
    flags = ordered(column.missing, groups)
    return _reduced(np.minimum, flags.view(np.uint8), groups).view(np.bool_)


def _reduced(function: np.ufunc, values: npt.NDArray[Any], groups: Groups, dtype: Any = None) -> npt.NDArray[Any]:
    if not groups.rows:
        return np.zeros(0, dtype or values.dtype)
    reduced: npt.NDArray[Any] = (
        function.reduceat(values, groups.starts) if dtype is None else function.reduceat(values, groups.starts, dtype=dtype)
    )
    return reduced
