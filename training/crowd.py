"""The customers of a shop, and which of them stand for all where there are more than are worth looking at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.rows import keep
from features.spark import map_batches, on_spark

GOLDEN = 0.5 * (5**0.5 - 1)  # steps of this length around a circle stay as far from one another as they can
PLACED = pa.schema([("customer_id", pa.string()), ("first_day", pa.date32()), ("place", pa.float64())])


@dataclass(frozen=True)
class Crowd:
    """`customers` has a row for each who ever bought: the id, the day of the first purchase, a place on a circle.

    The place in [0, 1) follows from the id and the seed alone: no order of rows, no other customer and no engine
    moves it. The table stays on the engine; `first_days` are its distinct days, and `so_far` counts the customers
    up to and with each.
    """

    customers: Any
    first_days: npt.NDArray[np.datetime64]
    so_far: npt.NDArray[np.int64]

    @classmethod
    def of(cls, purchases: Any, seed: int) -> "Crowd":
        """The customers in admitted purchases."""
        bought = purchases.filter(purchases.amount >= 0)
        first = bought.group_by("customer_id").aggregate(first_day=bought.day.min())
        customers = _placed(first, seed)
        counted = customers.group_by("first_day").aggregate(customers=customers.count()).to_pyarrow()
        days = counted["first_day"].to_numpy().astype("datetime64[D]")
        order = np.argsort(days)
        return cls(customers, days[order], np.cumsum(counted["customers"].to_numpy()[order], dtype=np.int64))

    def known(self, as_of: date) -> int:
        """How many had bought before `as_of`."""
        before = int(np.searchsorted(self.first_days, np.datetime64(as_of)))
        return int(self.so_far[before - 1]) if before else 0

    def some(self, as_of: date, most: int) -> Any:
        """A lazy table of the ids of about `most` of those who had bought before `as_of`; None for all of them.

        Those who stand for all on different dates are different ones, so that dates together show more of them.
        """
        share = most / max(self.known(as_of), 1)
        if share >= 1:
            return None
        start = as_of.toordinal() * GOLDEN % 1.0
        ahead = self.customers.place - start
        # Around the circle: the engines' remainders of a negative number differ.
        ahead = (ahead < 0).ifelse(ahead + 1.0, ahead)
        return self.customers.filter((self.customers.first_day < as_of) & (ahead < share)).select(
            "customer_id"
        )


def _placed(first: Any, seed: int) -> Any:
    if on_spark(first):
        return keep(map_batches(first, partial(_place, seed), PLACED))
    # An embedded engine, or a server that runs none of our code: the ids come here to be placed.
    batches = first.to_pyarrow().cast(PLACED.remove(2)).to_batches()
    placed = pa.Table.from_batches(_place(seed, iter(batches)), PLACED)
    return first.get_backend().create_table(ibis.util.gen_name("tenure"), placed, temp=True)


def _place(seed: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        ids = batch.column(0).to_pandas().to_numpy(dtype=object)
        # The key is of 16 bytes; half of 64 bits fills a float without rounding up to 1.
        hashed = pd.util.hash_array(ids, hash_key=f"{seed:016d}", categorize=False) >> np.uint64(32)
        places = pa.array(hashed.astype(float) / 2.0**32)
        yield pa.record_batch([batch.column(0), batch.column(1), places], schema=PLACED)
