"""Customers with the same (frequency, recency, T) look the same to a BTYD model: count them once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.packing import Packing

Floats = npt.NDArray[np.float64]

FEW = 100_000  # a table of so many values costs next to nothing


@dataclass(frozen=True)
class Cells:
    """The distinct (frequency, recency, T) of a summary and how many customers share each.

    Time is in whatever unit the summary was in; Tenure uses days. A model fitted on cells has its
    parameters in the same unit.
    """

    frequency: Floats
    recency: Floats
    T: Floats
    weight: Floats

    @classmethod
    def of(cls, counted: Any) -> "Cells":
        """The cells of an Arrow table with the columns `frequency`, `recency`, `T` and `customers`, smallest first."""
        names = ("frequency", "recency", "T", "customers")
        columns = [counted[name].to_numpy().astype(float) for name in names]
        order = np.lexsort(columns[2::-1])
        frequency, recency, age, weight = (column[order] for column in columns)
        return cls(frequency, recency, age, weight)

    @property
    def customers(self) -> int:
        """How many customers the cells stand for."""
        return round(float(self.weight.sum()))

    @property
    def time_unit(self) -> float:
        """A tenth of the mean age: in this unit, the parameters of most shops are of the order of one."""
        age = sum_of_products(self.T, self.weight) / float(self.weight.sum())
        return age / 10.0 if age > 0.0 else 1.0

    def in_unit(self, unit: float) -> "Cells":
        """The same cells with time counted in `unit`."""
        return Cells(self.frequency, self.recency / unit, self.T / unit, self.weight)

    def sample(self, customers: int, seed: int) -> "Cells":
        """About `customers` of the customers drawn at random, as cells; all of them if there are no more."""
        if self.customers <= customers:
            return self
        up_to = np.cumsum(self.weight)
        places = np.random.default_rng(seed).random(customers) * up_to[-1]
        found = np.searchsorted(up_to, places, side="right")
        drawn = np.bincount(found, minlength=len(self.weight)).astype(np.float64)
        kept = drawn > 0
        return Cells(self.frequency[kept], self.recency[kept], self.T[kept], drawn[kept])


def group_cells(summary: pd.DataFrame) -> Cells:
    """The cells of a table with the columns `frequency`, `recency` and `T`, one row per customer."""
    columns = [summary[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T")]
    packing = Packing.of(columns)
    if packing is None:
        distinct, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
        frequency, recency, age = distinct.T
        return Cells(frequency, recency, age, counts.astype(float))
    keys, counts = np.unique(packing.pack(columns), return_counts=True)
    frequency, recency, age = packing.unpack(keys)
    return Cells(frequency, recency, age, counts.astype(float))


def once_per_cell(answer: Callable[..., Floats], *columns: npt.ArrayLike) -> Floats:
    """`answer(*columns)` for each row in the order given, computed once for all rows that are alike."""
    given = [np.asarray(column, dtype=float) for column in columns]
    if len(given[0]) == 1:
        return answer(*given)
    packing = Packing.of(given)
    if packing is None:
        rows = pd.DataFrame(dict(enumerate(given)))
        cell = rows.groupby(list(rows.columns), sort=False).ngroup().to_numpy()
        first = np.unique(cell, return_index=True)[1]
        return answer(*(column[first] for column in given))[cell]
    cell, keys = pd.factorize(packing.pack(given))
    return answer(*packing.unpack(keys))[cell]


def by_value(values: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """The distinct values, smallest first, and which of them each row has."""
    packing = Packing.of([values])
    if packing is None or packing.sizes[0] > len(values) + FEW:
        distinct, index = np.unique(values, return_inverse=True)
        return distinct, index
    keys = packing.pack([values])
    found = np.bincount(keys) > 0
    return np.flatnonzero(found).astype(float), (np.cumsum(found) - 1)[keys]


def sum_of_products(left: Floats, right: Floats) -> float:
    """Element by element and away from BLAS, whose threads wait on one another on a busy machine (80 times
    slower was measured) and round differently by their number.
    """
    return float((left * right).sum())


def never_certain(probability: Floats) -> Floats:
    """Probabilities kept a billionth away from 0 and 1: no history makes the future certain."""
    return np.clip(probability, 1e-9, 1.0 - 1e-9)
