"""The roll of a batch: what lists ask of each of its customers, held in memory."""

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from serving.store import schema
from serving.store.batches import PublishedBatch
from serving.store.driver import MARK, rows_of
from serving.store.errors import StoreUnavailableError
from serving.store.filters import BOUNDED, EQUAL, Known

Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

ROWS_AT_ONCE = 5_000
"""Ten times as many no longer fit into the processor's cache, and take twice as long each."""
LOWEST = float(str(schema.LOWEST))
READ_BY = "churn_probability"
READ = ("customer_id", "eligible", READ_BY, *EQUAL, *BOUNDED)
_BY_THAT = {"sqlite": f"scores s INDEXED BY scores_by_{READ_BY}", "postgresql": "scores s"}
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

    They come in the order of an index that holds all that is read, so that SQLite reads nothing else. Raises
    StoreUnavailableError where the batch goes meanwhile, or once `stopped`.
    """
    ids: list[pa.Array] = []
    eligible: list[Flags] = []
    codes: dict[str, list[pa.Array]] = {name: [] for name in EQUAL}
    numbers: dict[str, list[Any]] = {name: [] for name in (READ_BY, *BOUNDED)}
    for chunk in _chunks_of_scores(connection, dialect, batch.sequence):
        if stopped():
            break
        cells = {name: [row[place] for row in chunk] for place, name in enumerate(READ)}
        ids.append(pa.array(cells["customer_id"], pa.string()))
        eligible.append(np.array(cells["eligible"], dtype=bool))
        for name in EQUAL:
            codes[name].append(pa.array(cells[name], pa.dictionary(pa.int8(), pa.string())))
        for name in numbers:
            numbers[name].append(np.array(cells[name], dtype=_kind(name)))
    if sum(map(len, ids)) != batch.customers:
        raise StoreUnavailableError(f"Batch {batch.sequence} went while it was being read. Try again.")
    as_read = pa.concat_arrays(ids)
    by_id = pa.compute.sort_indices(as_read)
    places = by_id.to_numpy()
    joined = {name: np.concatenate(parts)[places] for name, parts in numbers.items()}
    joined[READ_BY][joined[READ_BY] == LOWEST] = np.nan
    return Roll(
        batch,
        known,
        as_read.take(by_id),
        np.concatenate(eligible)[places],
        {name: _coded(parts, places) for name, parts in codes.items()},
        joined,
        {sort: _ordered(joined[sort]) for sort in schema.SORTS},
    )


def read_ids(connection: Any, dialect: str, table: str, marks: dict[str, Any]) -> pa.Array:
    """The customers of the rows of `table` whose columns are as `marks` say, in order."""
    mark = MARK[dialect]
    where = " AND ".join(f"{name} = {mark}" for name in marks)
    command = f"SELECT customer_id FROM {table} s WHERE {where}"
    chunks = [
        pa.array([row[0] for row in chunk], pa.string())
        for chunk in _chunks_of_ids(connection, command, tuple(marks.values()), dialect)
    ]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())


def _chunks_of_scores(connection: Any, dialect: str, sequence: int) -> Iterator[list[tuple[Any, ...]]]:
    """The values of READ, the highest READ_BY first."""
    mark, key = MARK[dialect], f"coalesce(s.{READ_BY}, {schema.LOWEST})"
    cells = ", ".join(key if name == READ_BY else f"s.{name}" for name in READ)
    command = f"SELECT {cells} FROM {_BY_THAT[dialect]} WHERE s.batch = {mark}"
    ending = f" ORDER BY {key} DESC, s.customer_id LIMIT {ROWS_AT_ONCE}"
    following = f" AND {key} <= {mark} AND ({key} < {mark} OR s.customer_id > {mark})"
    rows = rows_of(connection, command + ending, (sequence,))
    while rows:
        yield rows
        if len(rows) < ROWS_AT_ONCE:
            break
        customer_id, _, last, *_ = rows[-1]
        rows = rows_of(connection, command + following + ending, (sequence, last, last, customer_id))


def _chunks_of_ids(
    connection: Any, command: str, asked: tuple[Any, ...], dialect: str
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a question for nothing but customer_id, in order of it."""
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


def _coded(parts: list[pa.Array], places: npt.NDArray[np.uint64]) -> Codes:
    whole = pa.chunked_array(parts).unify_dictionaries().combine_chunks()
    numbers = whole.indices.fill_null(NOBODY).to_numpy(zero_copy_only=False)
    return Codes(
        numbers[places].astype(np.int8), {text: n for n, text in enumerate(whole.dictionary.to_pylist())}
    )


def _ordered(values: Numbers) -> Places:
    falling = -np.where(np.isnan(values), LOWEST, values)
    return np.argsort(falling, kind="stable").astype(np.int32)
