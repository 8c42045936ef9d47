"""From features to what the learned models see: money without a currency, purchase models beside it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.catalog import Feature
from models.cells import Floats
from models.purchase_models import OUTLOOK_MONEY

CURRENCY = "shop currency"

# One and the same for all customers of a date: it could only tell the dates of training apart.
SAME_FOR_ALL = ("as_of_month", "as_of_year_sin", "as_of_year_cos")

# What shops of contracts have besides.
RENEWAL_COUNTS = ("contract_renewals", "contract_amount", "contract_period_days", "contract_renewal_due_days")

# Digits beyond these are rounding noise, which must not move a customer across a threshold of a tree.
DIGITS = 9


def money_scale(features: pd.DataFrame) -> float:
    """The shop's mean spend per purchase day, the unit in which models count money; 1 for a shop of gifts."""
    mean = float(features["gross_spend"].sum() / features["purchase_day_count"].sum())
    return mean if mean > 0 else 1.0


def build_matrix(
    features: pd.DataFrame, outlook: pd.DataFrame, catalogue: Sequence[Feature], scale: float
) -> pd.DataFrame:
    """One row per row of `features`: the columns of the catalogue, then those of the outlook, all floats.

    Money is divided by `scale`. A missing value stays missing.
    """
    return beside_outlook(known_columns(features, catalogue, scale), outlook, scale)


def known_columns(features: pd.DataFrame, catalogue: Sequence[Feature], scale: float) -> pd.DataFrame:
    """The part of the matrix that is the same whatever the window: the columns of the catalogue."""
    used = [feature for feature in catalogue if feature.name not in SAME_FOR_ALL]
    known = features[[feature.name for feature in used]].to_numpy(dtype=float)
    known[:, [CURRENCY in feature.unit for feature in used]] /= scale
    names = [feature.name for feature in used]
    return pd.DataFrame(np.round(known, DIGITS), features.index, names, copy=False)


def beside_outlook(known: pd.DataFrame, outlook: pd.DataFrame, scale: float) -> pd.DataFrame:
    """The matrix of `known_columns` and of what the purchase models expect of one window."""
    expected = outlook.to_numpy(dtype=float, copy=True)
    expected[:, [name in OUTLOOK_MONEY for name in outlook.columns]] /= scale
    names = [*known.columns, *outlook.columns]
    # One piece of memory, column by column: whoever asks for the cells gets them, and no copy.
    cells = np.empty((len(known), len(names)), order="F")
    cells[:, : known.shape[1]] = known
    np.round(expected, DIGITS, out=cells[:, known.shape[1] :])
    return pd.DataFrame(cells, known.index, names, copy=False)


def linear_inputs(matrix: pd.DataFrame, churn_window_days: int) -> pd.DataFrame:
    """The columns of the matrix that a linear model can use, on scales where effects are straight lines."""
    h = churn_window_days
    counted = dict.fromkeys(
        [
            "frequency",
            "recency",
            "T",
            "days_since_last_purchase",
            "purchase_days_30d",
            "purchase_days_90d",
            f"purchase_days_{h}d",
            f"purchase_days_{2 * h}d",
            "purchase_days_365d",
            f"spend_{h}d",
            "spend_365d",
            "amount_mean",
            "amount_last",
            "orders_per_day",
            "purchases_first_30d",
            "gap_mean_days",
            "gap_std_days",
            "silence_to_max_gap",
            "btyd_purchases",
        ]
    )
    place = {name: number for number, name in enumerate(matrix.columns)}
    cells = matrix.to_numpy(dtype=float)
    inputs = {name: _log_of_count(cells[:, place[name]]) for name in counted}
    for days in (30, 90, 360):
        rate = f"purchase_rate_ew_{days}d"
        inputs[rate] = np.log(cells[:, place[rate]] + 1e-3)
    for name in ("silence_log_ratio", "silence_gap_share", "regularity"):
        inputs[name] = cells[:, place[name]]
    for name in RENEWAL_COUNTS:
        if name in place:
            inputs[name] = _log_of_count(cells[:, place[name]])
    inputs["btyd_logit_paretonbd"] = cells[:, place["btyd_logit_paretonbd"]] - cells[:, place["btyd_logit"]]
    return pd.DataFrame(np.column_stack(list(inputs.values())), index=matrix.index, columns=list(inputs))


def _log_of_count(cells: Floats) -> Floats:
    return np.asarray(np.log1p(np.maximum(cells, 0.0)))
