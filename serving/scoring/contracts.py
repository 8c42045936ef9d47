"""Who among the buyers of a shop of contracts is asked about, and what the others are told."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from models.renewals import standing


def asked_and_others(
    frame: pd.DataFrame, window_days: int, as_of: date
) -> tuple[pd.DataFrame, Iterator[tuple[pd.DataFrame, "pd.Series[str]", str]]]:
    """Rows with something to decide in the churn window; and the others, why not, and where they stand.

    Where they stand is a stage of the journey: who has left is to be won back, who pays is engaged.
    """
    stands = standing(frame, window_days)
    return frame[stands == "asked"], _others(frame, stands, window_days, as_of)


def _others(
    frame: pd.DataFrame, stands: np.ndarray, window_days: int, as_of: date
) -> Iterator[tuple[pd.DataFrame, "pd.Series[str]", str]]:
    lost, later = frame[stands == "lost"], frame[stands == "not due"]
    if len(lost):
        ended = _days(as_of, -lost["days_since_contract_end"])
        yield lost, "The last contract ended on " + ended + ": there is no renewal to predict.", "retention"
    if len(later):
        due = _days(as_of, later["contract_renewal_due_days"])
        reason = "The contract is next due on " + due
        yield later, reason + f", after the {window_days} days that are looked ahead.", "engagement"


def _days(as_of: date, days: "pd.Series[float]") -> "pd.Series[str]":
    return (pd.Timestamp(as_of) + pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d")
