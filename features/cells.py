"""Purchase histories by how many customers share them: what a purchase model needs to know of a whole shop."""

from datetime import date

import ibis

from features.as_of import AsOf


def count_cells(purchases: ibis.Table, as_of: date, timezone: str) -> ibis.Table:
    """One row per distinct (`frequency`, `recency`, `T`) as of a date, and its number of `customers`.

    The three are the features of the same names. A million customers share some hundred thousand histories, so that
    few rows leave the engine.
    """
    past = AsOf(as_of, timezone).past(purchases)
    bought = past.filter(past.amount >= 0)
    lives = bought.group_by("customer_id").aggregate(
        purchase_days=bought.day.nunique(), first=bought.days_ago.max(), last=bought.days_ago.min()
    )
    histories = lives.select(
        frequency=lives.purchase_days - 1, recency=lives["first"] - lives["last"], T=lives["first"] - 1
    )
    return histories.group_by("frequency", "recency", "T").aggregate(customers=histories.count())
