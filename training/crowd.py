"""The customers of a shop, and which of them stand for all where there are more than are worth looking at."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from models.cells import Floats

GOLDEN = 0.5 * (5**0.5 - 1)  # steps of this length around a circle stay as far from one another as they can


@dataclass(frozen=True)
class Crowd:
    """One entry per customer who ever bought: the id, the day of the first purchase, and a place on a circle.

    The place in [0, 1) follows from the id and the seed alone: no order of rows and no other customer moves it.
    """

    ids: npt.NDArray[Any]
    first_days: npt.NDArray[np.datetime64]
    places: Floats

    @classmethod
    def of(cls, purchases: Any, seed: int) -> "Crowd":
        """The customers in admitted purchases."""
        bought = purchases.filter(purchases.amount >= 0)
        table = bought.group_by("customer_id").aggregate(first_day=bought.day.min()).to_pyarrow()
        ids = table["customer_id"].to_pandas().to_numpy(dtype=object)
        # The key is of 16 bytes; half of 64 bits fills a float without rounding up to 1.
        hashed = pd.util.hash_array(ids, hash_key=f"{seed:016d}", categorize=False) >> np.uint64(32)
        days = table["first_day"].to_numpy().astype("datetime64[D]")
        return cls(ids, days, hashed.astype(float) / 2.0**32)

    def known(self, as_of: date) -> int:
        """How many had bought before `as_of`."""
        return int((self.first_days < np.datetime64(as_of)).sum())

    def some(self, as_of: date, most: int) -> pa.Table | None:
        """The ids of about `most` of those who had bought before `as_of`; None where there are no more.

        Those who stand for all on different dates are different ones, so that dates together show more of them.
        """
        known = self.first_days < np.datetime64(as_of)
        share = most / max(int(known.sum()), 1)
        if share >= 1:
            return None
        start = as_of.toordinal() * GOLDEN % 1.0
        chosen = known & ((self.places - start) % 1.0 < share)
        return pa.table({"customer_id": pa.array(self.ids[chosen], pa.string())})
