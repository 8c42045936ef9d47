"""A short text that stands for all that a batch of scores is computed from, without holding any of it."""

import hashlib
import json
from datetime import date
from typing import Any

from features.as_of import AsOf
from features.door.open import Shop

LOW_31_BITS = 0x7FFF_FFFF


def fingerprint(shop: Shop, as_of: date) -> str:
    """The same for the same rows before `as_of`, in whatever order; another one when any cell differs.

    The engine hashes and adds up, so only sums leave it. Another engine gives another fingerprint.
    """
    moment = AsOf(as_of, shop.timezone)
    known = {
        "purchases": moment.past(shop.purchases),
        "interactions": None if shop.interactions is None else moment.past(shop.interactions),
        "customers": shop.customers,
    }
    sums = {name: None if table is None else _sums(table) for name, table in known.items()}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


def _sums(table: Any) -> dict[str, Any]:
    names = sorted(table.columns)
    row = _hash(table[names[0]])
    for name in names[1:]:
        # Hashed again at each column: equal cells of two columns must not cancel each other.
        row = _hash(row) ^ _hash(table[name])
    rows = table.select(row=row)
    sums = rows.aggregate(
        rows=rows.count(),
        low=(rows.row & LOW_31_BITS).sum(),
        high=((rows.row >> 31) & LOW_31_BITS).sum(),
    )
    return {"columns": names, **sums.to_pyarrow().to_pylist()[0]}


def _hash(value: Any) -> Any:
    return value.hash().fill_null(0)
