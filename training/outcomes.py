"""What contacted customers did afterwards: the labels of a campaign."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from features.ticks import money, ticks
from training.lift import Behaviour


def behaviour_after(
    purchases: ibis.Table, contact_days: Mapping[str, date], customer_ids: Sequence[str], window_days: int
) -> Behaviour:
    """What each of `customer_ids` did in `[contact day, contact day + window_days)`, in their order.

    A purchase is an order of zero or more; spend is net of refunds, in shop currency. Whoever is not in the log
    did not return and spent nothing.
    """
    days = pd.Series({customer: contact_days[customer] for customer in customer_ids}, dtype=object)
    if days.empty:
        return Behaviour(np.array([]), np.array([]))
    first, last = days.min(), days.max() + timedelta(days=window_days)
    daily = (
        purchases.filter(
            (purchases.day >= ibis.date(first.isoformat())) & (purchases.day < ibis.date(last.isoformat()))
        )
        .group_by("customer_id", "day")
        .aggregate(
            bought=(purchases.amount >= 0).any(),
            # Summed in whole ticks, so that the order of rows moves no digit.
            spend=money(ticks(purchases.amount).sum()),
        )
        .to_pyarrow()
        .to_pandas()
    )
    contacted = pd.to_datetime(daily["customer_id"].map(days))
    after = (pd.to_datetime(daily["day"]) - contacted).dt.days
    inside = daily[(after >= 0) & (after < window_days)]
    by_customer = inside.groupby("customer_id").agg(bought=("bought", "any"), spend=("spend", "sum"))
    found = by_customer.reindex(list(customer_ids))
    return Behaviour(
        returned=found["bought"].eq(True).to_numpy(dtype=float),
        spend=found["spend"].astype(float).fillna(0.0).to_numpy(),
    )
