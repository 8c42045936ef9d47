"""Of whom a shop of contracts can be asked: where the window decides something.

Something is decided of a contract that runs and falls due in the window, and of customers who buy without one.
Whose contracts have all ended is lost already: telling the lost from the others is no art, and would make any
model look good. Whose contract falls due later can be asked about later.
"""

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FORECASTS = (
    "churn_probability",
    "churn_percentile",
    "risk_band",
    "probability_alive",
    "expected_purchases",
    "clv",
    "clv_median",
    "clv_low",
    "clv_high",
    "value_at_risk",
    "expected_next_purchase_at",
    "next_purchase_low_at",
    "next_purchase_high_at",
    "value_tier",
    "reasons",
)
"""What nobody gets of whom nothing is decided; facts, segment and stage they keep."""


def standing(features: pd.DataFrame, window_days: int) -> npt.NDArray[np.str_]:
    """Of each row "asked", or why not: "lost" (contracts have all ended), "not due" (none within the window)."""
    if not has_contracts(features):
        return np.full(len(features), "asked")
    runs = features["contracts_running"].to_numpy(dtype=float) > 0
    held = features["contract_count"].to_numpy(dtype=float) > 0
    due = features["contract_renewal_due_days"].to_numpy(dtype=float)
    # An order since the last contract ended makes a customer who buys without one.
    silence = features["days_since_last_purchase"].to_numpy(dtype=float)
    ordered_since = silence < features["days_since_contract_end"].to_numpy(dtype=float)
    return np.select(
        [runs & ~(due < window_days), held & ~runs & ~ordered_since], ["not due", "lost"], "asked"
    )


def asked(features: pd.DataFrame, window_days: int) -> npt.NDArray[np.bool_]:
    """Whether something is decided about each row within `[as_of, as_of + window_days)`."""
    return np.asarray(standing(features, window_days) == "asked")


def has_contracts(features: pd.DataFrame) -> bool:
    """Whether the shop of these features has contracts."""
    return "contracts_running" in features.columns


def withhold(answers: pd.DataFrame, features: pd.DataFrame, window_days: int, as_of: date) -> pd.DataFrame:
    """`answers` beside `features`, without forecasts where nothing is decided, and with the reason why."""
    stands = standing(features, window_days)
    if (stands == "asked").all():
        return answers
    ended = _days(as_of, -features["days_since_contract_end"])
    due = _days(as_of, features["contract_renewal_due_days"])
    lost = "The last contract ended on " + ended + ": there is no renewal to predict."
    later = "The contract is next due on " + due + f", after the {window_days} days that are looked ahead."
    told = answers.assign(
        eligible=stands == "asked",
        ineligible_reason=lost.where(stands == "lost", later).where(stands != "asked", None),
    )
    withheld = {}
    for name in FORECASTS:
        if name in told:
            nothing = None if told[name].dtype == object else np.nan
            withheld[name] = told[name].where(stands == "asked", nothing)
    return told.assign(**withheld)


def _days(as_of: date, days: "pd.Series[Any]") -> "pd.Series[str]":
    return (pd.Timestamp(as_of) + pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d")
