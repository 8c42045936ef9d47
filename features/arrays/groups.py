"""Rows that belong together and lie one after the other: their sums, counts, extremes and order."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.arrays.column import Column

Places = npt.NDArray[np.int64]


class Groups(NamedTuple):
    """`starts` is the first row of each group, in the order that `order` puts them in; None where they are in it."""

    starts: Places
    rows: int
    order: Places | None = None

    @property
    def number(self) -> int:
        """How many groups there are."""
        return len(self.starts)

    @property
    def lengths(self) -> Places:
        """How many rows each group has."""
        return np.diff(self.starts, append=self.rows)

    @property
    def ends(self) -> Places:
        """The row after the last one of each group."""
        return np.append(self.starts[1:], self.rows)


class Hits(NamedTuple):
    """The rows for which something holds: their places, the group of each, and how many each group has."""

    places: Places
    labels: Places
    counts: Places


def by_customer(customers: npt.NDArray[Any]) -> Groups:
    """The groups of rows that are sorted by customer."""
    return Groups(_starts(customers), len(customers))


def by_customer_and(customers: npt.NDArray[Any], keys: Column) -> Groups:
    """The groups of rows of one customer and one key, ordered by both."""
    both = _both(customers, keys)
    if ascends(both):
        return Groups(_starts(both), len(both))
    order = ascending(both)
    return Groups(_starts(both.take(order)), len(both), order)


def downward(customers: npt.NDArray[Any], keys: Column) -> Groups:
    """The same, from a customer's largest key to the smallest."""
    both = _both(customers, keys)
    if ascends(both):  # each customer's rows the other way round
        mine = by_customer(customers)
        order = np.repeat(mine.starts + mine.ends - 1, mine.lengths) - np.arange(mine.rows)
        return Groups(_starts(both[order]), len(both), order)
    return by_customer_and(customers, Column(-keys.values.astype(np.int64)))


def labels(groups: Groups) -> Places:
    """The group of each row, from 0."""
    return _back(np.repeat(np.arange(groups.number), groups.lengths), groups)


def hits(held: Any, labels: Places, groups: Groups) -> Hits:
    """The rows for which it holds."""
    places = np.flatnonzero(np.broadcast_to(held, groups.rows))
    theirs = labels.take(places)
    return Hits(places, theirs, np.bincount(theirs, minlength=groups.number))


def count_hits(found: Hits) -> Column:
    """How many rows of each group it holds for."""
    return Column(found.counts)


def count_rows(groups: Groups) -> Column:
    """How many rows each group has."""
    return Column(groups.lengths)


def total_of_hits(found: Hits, column: Column) -> Column:
    """The sum over the rows of each group that it holds for; missing where there is none."""
    values = _broadcast(column.values, found).take(found.places)
    labels, counts = found.labels, found.counts
    if column.missing is not None:
        known = np.flatnonzero(~_broadcast(column.missing, found).take(found.places))
        values, labels = values.take(known), labels.take(known)
        counts = np.bincount(labels, minlength=len(counts))
    sums = np.bincount(labels, weights=values, minlength=len(counts))
    none = counts == 0
    return Column(_of_kind(sums, values), none if none.any() else None)


def total(column: Column, labels: Places, groups: Groups) -> Column:
    """The sum of each group; missing where all of it is."""
    if column.missing is not None:
        return total_of_hits(hits(~column.missing, labels, groups), column)
    values = column.values
    return Column(_of_kind(np.bincount(labels, weights=values, minlength=groups.number), values))


def least(column: Column, groups: Groups) -> Column:
    """The smallest value of each group; missing where all of it is."""
    return _extreme(np.minimum, column, groups)


def most(column: Column, groups: Groups) -> Column:
    """The largest value of each group; missing where all of it is."""
    return _extreme(np.maximum, column, groups)


def count_distinct(column: Column, labels: Places, groups: Groups) -> Column:
    """How many different values each group has."""
    known = hits(True if column.missing is None else ~column.missing, labels, groups)
    pairs = np.unique(np.stack([known.labels, column.values.take(known.places)]), axis=1)
    return Column(np.bincount(pairs[0], minlength=groups.number))


def first(values: Any, groups: Groups) -> npt.NDArray[Any]:
    """The value of each group's first row."""
    head: npt.NDArray[Any] = _ordered(values, groups)[groups.starts]
    return head


def spread(column: Column, groups: Groups) -> Column:
    """What each group has, for each of its rows."""
    missing = None if column.missing is None else np.repeat(column.missing, groups.lengths)
    return Column(np.repeat(column.values, groups.lengths), missing)


def row_number(within: Groups, groups: Groups) -> Column:
    """The place of each row in its group, from 0; `within` has the order of the rows in the groups."""
    places = np.arange(groups.rows) - np.repeat(groups.starts, groups.lengths)
    return Column(_back(places, within))


def row_before(column: Column, within: Groups, groups: Groups) -> Column:
    """The value of the row before, in the order of `within`; missing in a group's first row."""
    values = _ordered(column.values, within)
    earlier = np.concatenate((values[:1], values[:-1]))
    missing = np.zeros(groups.rows, bool)
    if column.missing is not None:
        missing[1:] = _ordered(column.missing, within)[:-1]
    missing[groups.starts] = True
    return Column(_back(earlier, within), _back(missing, within))


def ascending(keys: npt.NDArray[np.int64]) -> Places:
    """The places of the keys, ascending; equal ones stay as they are."""
    bits = len(keys).bit_length()
    if not len(keys) or keys.min() < 0 or int(keys.max()).bit_length() + bits > 63:
        return np.argsort(keys, kind="stable")
    # A sort of numbers is several times as fast as one of places.
    return np.sort((keys << bits) | np.arange(len(keys))) & ((1 << bits) - 1)


def ascends(keys: npt.NDArray[Any]) -> bool:
    """Whether none of the keys is below the one before."""
    return bool((keys[1:] >= keys[:-1]).all())


def _both(customers: npt.NDArray[Any], keys: Column) -> npt.NDArray[np.int64]:
    if not len(customers):  # a key that no row has is told to be missing from none of them
        return np.zeros(0, np.int64)
    if keys.missing is not None and np.any(keys.missing):
        raise ValueError("Rows are grouped by a key that some of them lack.")
    places = keys.values.astype(np.int64) - int(keys.values.min())
    both: npt.NDArray[np.int64] = customers.astype(np.int64) * (int(places.max()) + 1) + places
    return both


def _starts(sorted_keys: npt.NDArray[Any]) -> Places:
    if not len(sorted_keys):
        return np.zeros(0, np.int64)
    return np.concatenate(([0], np.flatnonzero(sorted_keys[1:] != sorted_keys[:-1]) + 1))


def _ordered(values: Any, groups: Groups) -> npt.NDArray[Any]:
    rows: npt.NDArray[Any] = np.broadcast_to(values, groups.rows) if np.ndim(values) == 0 else values
    return rows if groups.order is None else rows.take(groups.order)


def _back(values: npt.NDArray[Any], groups: Groups) -> npt.NDArray[Any]:
    if groups.order is None:
        return values
    placed = np.empty_like(values)
    placed[groups.order] = values
    return placed


def _of_kind(sums: npt.NDArray[Any], values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whole numbers where whole numbers were added: below 2^53 nothing is lost on the way."""
    return sums if values.dtype.kind == "f" else sums.astype(np.int64)


def _broadcast(values: Any, found: Hits) -> npt.NDArray[Any]:
    size = int(found.places[-1]) + 1 if len(found.places) else 0
    rows: npt.NDArray[Any] = np.broadcast_to(values, size) if np.ndim(values) == 0 else values
    return rows


def _extreme(function: np.ufunc, column: Column, groups: Groups) -> Column:
    values = _ordered(column.values, groups)
    if column.missing is None:
        return Column(function.reduceat(values, groups.starts) if groups.rows else values)
    # The known rows alone: of most kinds of events few customers have any.
    known = np.flatnonzero(~_ordered(column.missing, groups))
    whose = np.repeat(np.arange(groups.number), groups.lengths).take(known)
    starts = _starts(whose)
    found = whose.take(starts)
    extremes = np.zeros(groups.number, values.dtype)
    missing = np.ones(groups.number, bool)
    if len(known):
        extremes[found] = function.reduceat(values.take(known), starts)
        missing[found] = False
    return Column(extremes, missing)
