"""Columns of whole numbers, packed into one number a row: one is quick to sort and to look up."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

LARGEST = 2**53  # a float holds every whole number below


@dataclass(frozen=True)
class Packing:
    """How large each column is: its whole numbers are at least 0 and below its size."""

    sizes: tuple[int, ...]

    @classmethod
    def of(cls, columns: Sequence[npt.NDArray[np.float64]]) -> "Packing | None":
        """How to pack the columns; None where they are not whole, or are too large."""
        if not len(columns[0]):
            return None
        sizes = []
        for column in columns:
            largest = column.max()
            if not (column.min() >= 0 and largest < LARGEST and (column == np.floor(column)).all()):
                return None
            sizes.append(int(largest) + 1)
        return cls(tuple(sizes)) if prod(sizes) < LARGEST else None

    def pack(self, columns: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.int64]:
        """A number for each row; the order of the numbers is that of the rows."""
        keys = columns[0].astype(np.int64)
        for column, size in zip(columns[1:], self.sizes[1:], strict=True):
            keys *= size
            keys += column.astype(np.int64)
        return keys

    def unpack(self, keys: npt.NDArray[np.int64]) -> list[npt.NDArray[np.float64]]:
        """The columns again."""
        columns = []
        for size in reversed(self.sizes[1:]):
            keys, column = np.divmod(keys, size)
            columns.append(column.astype(float))
        return [keys.astype(float), *reversed(columns)]
