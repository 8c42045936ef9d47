"""The attributes of customers that [data] attributes names, as the shop gives them today."""

from collections.abc import Iterator

import pandas as pd

from features.door.tables import SHAPES
from features.shop import Shop
from serving.scoring.roster import frames


def attributes(shop: Shop) -> Iterator[pd.DataFrame]:
    """Frames of customer_id, name and value; nothing of those who object to profiling, and no empty values."""
    people = shop.customers
    if people is None:
        return
    ours = {column.name for column in SHAPES["customers"].columns}
    names = [name for name in people.columns if name not in ours]
    if not names:
        return
    if "opted_out" in people.columns:
        people = people.filter(~people.opted_out.fill_null(False))
    for frame in frames(people.select("customer_id", *names)):
        told = frame.melt("customer_id", names, "name", "value").dropna(subset=["value"])
        told["value"] = told["value"].astype(str)
        yield told[told["value"] != ""]
