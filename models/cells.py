"""Customers with the same (frequency, recency, T) look the same to a BTYD model: count them once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


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
        shares = self.weight / self.weight.sum()
        drawn = np.random.default_rng(seed).multinomial(customers, shares).astype(np.float64)
        kept = drawn > 0
        return Cells(self.frequency[kept], self.recency[kept], self.T[kept], drawn[kept])


def group_cells(summary: pd.DataFrame) -> Cells:
    """The cells of a table with the columns `frequency`, `recency` and `T`, one row per customer."""
    counts = summary.groupby(["frequency", "recency", "T"], sort=True).size()
    frequency, recency, age = (
        counts.index.get_level_values(name).to_numpy(dtype=float) for name in ("frequency", "recency", "T")
    )
    return Cells(frequency, recency, age, np.asarray(counts, dtype=float))


def once_per_cell(
    answer: Callable[[Floats, Floats, Floats], Floats],
    frequency: npt.ArrayLike,
    recency: npt.ArrayLike,
    T: npt.ArrayLike,
) -> Floats:
    """`answer(frequency, recency, T)` for each customer in the order given, computed once per cell."""
    customers = pd.DataFrame(
        {
            name: np.asarray(given, dtype=float)
            for name, given in zip("xtT", (frequency, recency, T), strict=True)
        }
    )
    cell = customers.groupby(["x", "t", "T"], sort=False).ngroup().to_numpy()
    first = np.unique(cell, return_index=True)[1]
    x, t_x, age = (customers[name].to_numpy()[first] for name in ("x", "t", "T"))
    return answer(x, t_x, age)[cell]


def sum_of_products(left: Floats, right: Floats) -> float:
    """Element by element and away from BLAS, whose threads wait on one another on a busy machine (80 times
    slower was measured) and round differently by their number.
    """
    return float((left * right).sum())


def never_certain(probability: Floats) -> Floats:
    """Probabilities kept a billionth away from 0 and 1: no history makes the future certain."""
    return np.clip(probability, 1e-9, 1.0 - 1e-9)
