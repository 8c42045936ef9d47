"""A control group, held back at random: drawn again from the same key, it is the same."""

import hashlib
import hmac
from collections.abc import Sequence


def held_back(customer_ids: Sequence[str], campaign: str, control_share: float, key: str) -> frozenset[str]:
    """The customers of the control arm: the nearest whole number to `control_share` of all, at random.

    They are those with the smallest keyed hash of campaign and customer, so neither the order of the list nor
    who else is on it leans the draw, and nobody without the key can foresee it. Where a share is asked for, one
    customer at least is held back, and one at least is not.
    """
    if control_share == 0 or len(customer_ids) < 2:
        return frozenset()
    secret = hashlib.sha256(f"{key}\0{campaign}".encode()).digest()
    size = min(max(round(control_share * len(customer_ids)), 1), len(customer_ids) - 1)
    drawn = sorted(customer_ids, key=lambda customer_id: _draw(customer_id, secret))
    return frozenset(drawn[:size])


def _draw(customer_id: str, secret: bytes) -> bytes:
    return hmac.digest(secret, customer_id.encode(), "sha256")
