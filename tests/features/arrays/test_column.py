"""Arrow's cells as arrays: values, and where they are missing."""

import numpy as np
import pyarrow as pa
import pytest

from features.arrays.column import from_arrow, to_arrow


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1.5, None, 3.0]),
        pa.array([1, None, 3], pa.timestamp("us")),
        pa.array([1, None, 3], pa.date32()),
        pa.array([1, None, 3], pa.int64()),
        pa.array([True, None, False]),
        pa.array([], pa.float64()),
        pa.nulls(2, pa.timestamp("us")),
    ],
    ids=lambda cells: f"{cells.type}, {len(cells)}",
)
def test_cells_come_back_as_they_went(cells):
    for some in (cells, cells[1:]):
        column = from_arrow(some)
        assert to_arrow(column, some.type, len(some)).to_pylist() == some.to_pylist()


@pytest.mark.parametrize("left", [np.nan, np.inf, -7.0])
def test_what_lies_in_a_missing_cell_is_not_read(left):
    bitmap = pa.array([True, False, True]).buffers()[1]
    cells = pa.Array.from_buffers(pa.float64(), 3, [bitmap, pa.py_buffer(np.array([1.0, left, 3.0]))])
    assert cells.to_pylist() == [1.0, None, 3.0]

    assert to_arrow(from_arrow(cells), pa.float64(), 3).to_pylist() == [1.0, None, 3.0]
