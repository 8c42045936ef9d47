"""Purchases added up day by day through a past window: what came in beside what was expected."""

from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from training.held_out import HeldOut
from training.past import Past

MOST_POINTS = 60


def cumulative_purchases(past: Past, held: HeldOut) -> pd.DataFrame:
    """`days` into the window, and until then the `actual` and the `expected` purchase days of all customers.

    Expected are the purchase days that the model answers with for the whole window, spread over it as its
    purchase models spread theirs. Only customers known at the start of the window count, as they do for every
    other answer. At most 60 days are told, the last one among them.
    """
    h, model, features = held.window_days, held.model, held.view.features
    days = np.unique(np.linspace(0, h, min(h, MOST_POINTS) + 1).round().astype(int))
    whole = model.purchases.expected_purchases(features, h)
    # The purchase models' own totals differ a little from the corrected answer: they give the course alone.
    scale = held.expected_purchases.to_numpy(dtype=float) / np.maximum(whole, 1e-12)
    expected = [
        float(scale @ model.purchases.expected_purchases(features, int(day))) if day else 0.0 for day in days
    ]
    bought = _purchase_days(past, held)
    return pd.DataFrame({"days": days, "actual": bought[days].astype(float), "expected": expected})


def _purchase_days(past: Past, held: HeldOut) -> "np.typing.NDArray[np.int64]":
    """Purchase days of the known customers in the first 0, 1, ... days of the window."""
    purchases = past.shop.purchases
    start, end = (
        ibis.date(day.isoformat()) for day in (held.as_of, held.as_of + timedelta(days=held.window_days))
    )
    bought = purchases.filter((purchases.amount >= 0) & (purchases.day < end))
    known = ibis.memtable(pa.table({"customer_id": held.judged["customer_id"].to_numpy(dtype=object)}))
    daily = (
        bought.filter(bought.day >= start)
        .semi_join(known, "customer_id")
        .group_by("day")
        .aggregate(customers=lambda t: t.customer_id.nunique())
        .to_pyarrow()
        .to_pylist()
    )
    counts = np.zeros(held.window_days + 1, dtype=np.int64)
    for row in daily:
        counts[(row["day"] - held.as_of).days + 1] = row["customers"]
    return np.cumsum(counts)
