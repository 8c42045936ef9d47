"""The arrays that the simulator passes around."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def texts(
    values: Sequence[str] | pa.Array, chosen: Integers, known: Flags | None = None
) -> pa.DictionaryArray:
    """`values[chosen]`, empty where not `known`; kept as numbers, which sort and move faster than texts."""
    missing = None if known is None else ~known
    return pa.DictionaryArray.from_arrays(pa.array(chosen.astype(np.int32), mask=missing), pa.array(values))


def totals(customer: Integers, values: Floats, customers: int) -> Floats:
    """The sum of `values` of each of `customers`; 0 for who has none."""
    return np.bincount(customer, values, minlength=customers).astype(np.float64)
