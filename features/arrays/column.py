"""A column of a table in memory: values, and where they are missing."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MICROSECONDS = 1_000_000


class Column(NamedTuple):
    """`values` has one element per row, or is a single one that holds for all; so has `missing`.

    What stands in `values` where it is missing means nothing. `missing` is None where nothing is. Days are
    whole days since 1970, moments whole microseconds; of text, `words` has each once and `values` the place
    of each row's in it.
    """

    values: Any
    missing: Any = None
    words: tuple[str, ...] | None = None

    def between(self, start: int, end: int) -> "Column":
        """The rows from one place up to another; one element that holds for all stays what it is."""
        values = self.values[start:end] if np.ndim(self.values) else self.values
        missing = self.missing[start:end] if np.ndim(self.missing) else self.missing
        return Column(values, missing, self.words)


def from_arrow(cells: pa.Array | pa.ChunkedArray) -> Column:
    """The cells of one Arrow column, none of them copied where they need not be."""
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    missing = cells.is_null().to_numpy(zero_copy_only=False) if cells.null_count else None
    if pa.types.is_dictionary(cells.type):
        words = tuple(cells.dictionary.to_pylist())
        return Column(_whole(cells.indices, pa.int32()), missing, words)
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        return from_arrow(cells.dictionary_encode())
    if pa.types.is_timestamp(cells.type):
        return Column(_bare(_of_type(cells, pa.timestamp("us")).view(pa.int64())), missing)
    if pa.types.is_date(cells.type):
        return Column(_whole(_of_type(cells, pa.date32()).view(pa.int32()), pa.int32()), missing)
    if pa.types.is_floating(cells.type):
        return Column(_bare(cells).astype(np.float64, copy=False), missing)
    if pa.types.is_boolean(cells.type):
        return Column(_filled(cells, False).to_numpy(zero_copy_only=False), missing)
    return Column(_whole(cells, pa.int64()), missing)


def to_arrow(column: Column, dtype: pa.DataType, rows: int) -> pa.Array:
    """The column as Arrow cells of that type."""
    values = np.broadcast_to(column.values, rows)
    missing = None if column.missing is None else np.broadcast_to(column.missing, rows)
    return pa.array(values, dtype, mask=missing)


def truth(column: Column) -> npt.NDArray[np.bool_]:
    """Where a condition holds; where nobody knows, it does not."""
    held: npt.NDArray[np.bool_] = column.values
    return held if column.missing is None else held & ~column.missing


def either(one: Any, other: Any) -> Any:
    """Missing where one of two is."""
    if one is None:
        return other
    return one if other is None else one | other


def _whole(cells: pa.Array, dtype: pa.DataType) -> npt.NDArray[Any]:
    whole: npt.NDArray[Any] = _filled(_of_type(cells, dtype), 0).to_numpy(zero_copy_only=False)
    return whole


def _bare(cells: pa.Array) -> npt.NDArray[Any]:
    """The values as they lie in memory, where a cell is missing too."""
    _, values = cells.buffers()
    bare: npt.NDArray[Any] = pa.Array.from_buffers(
        cells.type, len(cells), [None, values], offset=cells.offset
    ).to_numpy()
    return bare


def _of_type(cells: pa.Array, dtype: pa.DataType) -> pa.Array:
    return cells if cells.type == dtype else cells.cast(dtype)  # which copies whatever the type


def _filled(cells: pa.Array, value: Any) -> pa.Array:
    return pc.fill_null(cells, value) if cells.null_count else cells


class Unsorted:
    """A column as an engine gave it, and the places of its rows in the order that is meant.

    It is brought into order where and when a formula needs it: what an event carries besides its time is looked
    at for one kind of event, and never for all.
    """

    def __init__(self, column: Column, places: npt.NDArray[np.int64]) -> None:
        self._column = column
        self._places = places

    def take(self, places: npt.NDArray[np.int64]) -> "Unsorted":
        """The rows at those places of the order."""
        return Unsorted(self._column, self._places.take(places))

    def between(self, start: int, end: int) -> "Unsorted":
        """The rows from one place of the order up to another."""
        return Unsorted(self._column, self._places[start:end])

    def column(self) -> Column:
        """The rows in order."""
        values, missing, words = self._column
        return Column(
            values.take(self._places), None if missing is None else missing.take(self._places), words
        )
