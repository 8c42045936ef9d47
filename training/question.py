"""What a shop is asked about its customers: who comes back, or, where they hold contracts, who renews."""

from dataclasses import dataclass
from typing import Self

import pandas as pd

from models.cells import Floats
from models.standing import has_contracts

WHOLE_PAYMENTS = "at most 10% is right, for contracts bring whole payments"


@dataclass(frozen=True)
class Question:
    """The words for it, and the simple guess that a list of likely leavers is held against.

    "Who did not `did`"; "who `done`"; picked "by `by`", the largest of `silence` first: one number per row.
    """

    did: str
    done: str
    by: str
    silence: Floats
    above_high: str
    """What is right of the share that spends more than `clv_high`."""

    @classmethod
    def of(cls, features: pd.DataFrame) -> Self:
        """The question of the shop of these features."""
        if has_contracts(features):
            fewest = -features["contract_renewals"].fillna(0.0).to_numpy(dtype=float)
            return cls("renew", "renewed", "fewest renewals", fewest, WHOLE_PAYMENTS)
        silence = features["days_since_last_purchase"].to_numpy(dtype=float)
        return cls("come back", "came back", "days since the last purchase", silence, "10% is right")
