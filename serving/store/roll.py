"""The roll of a batch: what lists ask of each of its customers, held in memory."""

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from serving.store.batches import PublishedBatch
from serving.store.driver import MARK, rows_of
from serving.store.errors import StoreUnavailableError
from serving.store.filters import BOUNDED, EQUAL, Known
from serving.store.schema import SORTS

Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

ROWS_AT_ONCE = 50_000
LOWEST = -1e308
"""As serving.store.schema.LOWEST: where customers without a value stand in a sorted list."""
READ = ("customer_id", "eligible", "churn_probability", *EQUAL, *BOUNDED)
NOBODY = -1


@dataclass(frozen=True)
class Codes:
    """Texts of few kinds: of each customer the number of its kind, NOBODY where there is none."""

    numbers: "npt.NDArray[np.int8]"
    kinds: dict[str, int]

    def of(self, text: str) -> int:
        """The number of a kind; one that nobody has, where it is none of them."""
        return self.kinds.get(text, NOBODY - 1)


@dataclass(frozen=True)
class Roll:
    """Customers of one batch in order of customer_id; arrays of equal length, some 60 bytes a customer.

    `ids` are Arrow strings. `numbers` holds churn_probability and the columns of BOUNDED, NaN where empty;
    `order` the places of all customers for each sort, highest first, ties by id.
    """

    batch: PublishedBatch
    known: Known
    ids: pa.Array
    eligible: Flags
    codes: dict[str, Codes]
    numbers: dict[str, "npt.NDArray[np.floating[Any]]"]
    order: dict[str, Places]

    def __len__(self) -> int:
        return len(self.ids)

    def key(self, sort: str, place: int) -> float:
        """What the customer at `place` is sorted by."""
        value = float(self.numbers[sort][place])
        return value if value == value else LOWEST

    def rank_from(self, sort: str, value: float) -> int:
        """How many of the order are above `value`."""
        order = self.order[sort]
        return bisect.bisect_left(order, -value, key=lambda place: -self.key(sort, place))

    def rank_after(self, sort: str, value: float, customer_id: str) -> int:
        """How many of the order come before what follows that customer with that value."""
        last = (-value, customer_id)
        order = self.order[sort]
        return bisect.bisect_right(
            order, last, key=lambda place: (-self.key(sort, place), self.ids[place].as_py())
        )

    def flags_of(self, customer_ids: pa.Array) -> Flags:
        """Who is among some customers; ids that the batch does not know count for nothing."""
        flags = np.zeros(len(self), dtype=bool)
        flags[self.places_of(customer_ids)] = True
        return flags

    def places_of(self, customer_ids: pa.Array) -> Places:
        """Where those of some customers stand whom the batch knows."""
        found = pa.compute.index_in(customer_ids, value_set=self.ids).drop_null()
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int32)


def read_roll(
    connection: Any, dialect: str, batch: PublishedBatch, known: Known, stopped: Callable[[], bool]
) -> Roll:
    """Read the roll of a batch, some thousands at a time: short questions, which no server is asked to stop.

    Raises StoreUnavailableError where the batch goes meanwhile, or once `stopped`.
    """
    ids: list[pa.Array] = []
    eligible: list[Flags] = []
    codes: dict[str, list[pa.Array]] = {name: [] for name in EQUAL}
    numbers: dict[str, list[Any]] = {name: [] for name in ("churn_probability", *BOUNDED)}
    for chunk in _chunks(connection, _statement(dialect), (batch.sequence,), dialect):
        if stopped():
            break
        cells = dict(zip(READ, zip(*chunk, strict=True), strict=True))
        ids.append(pa.array(cells["customer_id"], pa.string()))
        eligible.append(np.array(cells["eligible"], dtype=bool))
        for name in EQUAL:
            codes[name].append(pa.array(cells[name], pa.dictionary(pa.int8(), pa.string())))
        for name in numbers:
            numbers[name].append(np.array(cells[name], dtype=_kind(name)))
    if sum(map(len, ids)) != batch.customers:
        raise StoreUnavailableError(f"Batch {batch.sequence} went while it was being read. Try again.")
    joined = {name: np.concatenate(parts) for name, parts in numbers.items()}
    return Roll(
        batch,
        known,
        pa.concat_arrays(ids),
        np.concatenate(eligible),
        {name: _coded(parts) for name, parts in codes.items()},
        joined,
        {sort: _ordered(joined[sort]) for sort in SORTS},
    )


def read_ids(connection: Any, dialect: str, table: str, marks: dict[str, Any]) -> pa.Array:
    """The customers of the rows of `table` whose columns are as `marks` say, in order."""
    mark = MARK[dialect]
    where = " AND ".join(f"{name} = {mark}" for name in marks)
    command = f"SELECT customer_id FROM {table} s WHERE {where}"
    chunks = [
        pa.array([row[0] for row in chunk], pa.string())
        for chunk in _chunks(connection, command, tuple(marks.values()), dialect)
    ]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())


def _statement(dialect: str) -> str:
    return f"SELECT {', '.join(f's.{name}' for name in READ)} FROM scores s WHERE s.batch = {MARK[dialect]}"


def _chunks(
    connection: Any, command: str, asked: tuple[Any, ...], dialect: str
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a question in order of customer_id, its first column."""
    ending = f" ORDER BY s.customer_id LIMIT {ROWS_AT_ONCE}"
    rows = rows_of(connection, command + ending, asked)
    while rows:
        yield rows
        if len(rows) < ROWS_AT_ONCE:
            break
        following = f"{command} AND s.customer_id > {MARK[dialect]}{ending}"
        rows = rows_of(connection, following, (*asked, rows[-1][0]))


def _kind(name: str) -> type[np.floating[Any]]:
    """Whole numbers of percentiles and days fit into half the bytes exactly."""
    return np.float32 if name in ("churn_percentile", "days_since_last_purchase") else np.float64


def _coded(parts: list[pa.Array]) -> Codes:
    whole = pa.chunked_array(parts).unify_dictionaries().combine_chunks()
    numbers = whole.indices.fill_null(NOBODY).to_numpy(zero_copy_only=False)
    return Codes(numbers.astype(np.int8), {text: n for n, text in enumerate(whole.dictionary.to_pylist())})


def _ordered(values: Numbers) -> Places:
    falling = -np.where(np.isnan(values), LOWEST, values)
    return np.argsort(falling, kind="stable").astype(np.int32)
