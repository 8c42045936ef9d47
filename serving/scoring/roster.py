"""Who is in a batch: everybody the shop knew before `as_of`, a frame at a time."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.as_of import AsOf
from features.door.open import Shop
from features.rows import record_batches

OBJECTS = "objects"
"""A column beside the features: whether the customer objects to profiling."""

FRAME_ROWS = 25_000
"""Several frames are under way at once; each takes some hundred megabytes while it is answered."""


def buyers(features: Iterable[pa.RecordBatch], shop: Shop) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Frames of `features`: of those who may be scored, and of those who object to it."""
    objectors = _objectors(shop)
    ids = None if objectors is None else objectors.customer_id.to_pyarrow()
    for batch in features:
        frame = batch.to_pandas()
        if ids is not None:
            frame[OBJECTS] = pc.is_in(batch.column("customer_id"), value_set=ids).to_numpy(
                zero_copy_only=False
            )
        yield part_objectors(frame)


def with_objections(features: Any, shop: Shop) -> Any:
    """`features` with OBJECTS, where anybody can object to profiling at all."""
    objectors = _objectors(shop)
    if objectors is None:
        return features
    return features.mutate(**{OBJECTS: features.customer_id.isin(objectors.customer_id)})


def part_objectors(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of those who may be scored, and of those who object to it, without OBJECTS."""
    if OBJECTS not in frame:
        return frame, frame.iloc[:0]
    objects = frame.pop(OBJECTS).astype(bool)
    return frame[~objects], frame[objects]


def count_buyers(shop: Shop, as_of: date) -> tuple[int, date | None]:
    """How many customers had bought something before `as_of`, and the day of the first purchase of all."""
    purchases = shop.purchases
    bought = purchases.amount >= 0
    found = purchases.aggregate(
        buyers=purchases.customer_id.nunique(where=bought & (purchases.day < as_of)),
        first_day=purchases.day.min(where=bought),
    ).to_pyarrow()
    return found["buyers"][0].as_py(), found["first_day"][0].as_py()


def prospects(shop: Shop, as_of: date) -> Iterator[pd.DataFrame]:
    """Frames of those who had bought nothing before `as_of`: customer_id, refunded, objects.

    `refunded` is the sum of their refunds, missing where there are none. They are customers who had signed
    up by then, or whose time of signing up nobody knows, and those of whom only refunds are known.
    """
    moment = AsOf(as_of, shop.timezone)
    past = moment.past(shop.purchases)
    orders = past.group_by("customer_id").aggregate(
        bought=(past.amount >= 0).any(), refunded=past.amount.sum()
    )
    if shop.customers is None:
        yield from frames(
            orders.filter(~orders.bought).select("customer_id", "refunded").mutate(objects=False)
        )
        return
    signed_up = shop.customers
    if "signed_up_at" in signed_up.columns:
        signed_up = signed_up.filter(
            signed_up.signed_up_at.isnull() | (signed_up.signed_up_at < moment.instant)
        )
    objects = signed_up.opted_out.fill_null(False) if "opted_out" in signed_up.columns else False
    everybody = signed_up.select("customer_id", objects=objects).outer_join(orders, "customer_id")
    yield from frames(
        everybody.filter(~everybody.bought.fill_null(False)).select(
            "refunded",
            customer_id=everybody.customer_id.coalesce(everybody.customer_id_right),
            objects=everybody.objects.fill_null(False),
        )
    )


def frames(table: Any) -> Iterator[pd.DataFrame]:
    """A lazy table's rows, some at a time, while the engine is still computing.

    Nothing else may be asked of the engine's connection until the last frame is out.
    """
    for batch in record_batches(table, FRAME_ROWS):
        yield batch.to_pandas()


def _objectors(shop: Shop) -> Any:
    if shop.customers is None or "opted_out" not in shop.customers.columns:
        return None
    return shop.customers.filter(shop.customers.opted_out.fill_null(False))
