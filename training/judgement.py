"""How well each forecaster did in hindsight: one row per past date and forecaster."""

import pandas as pd

from training import metrics
from training.hindsight import Hindsight
from training.peers import OURS


def judge_churn(hindsight: Hindsight) -> pd.DataFrame:
    """One row per forecaster: how well it told who returns; lift and precision look at the churners."""
    returned = hindsight.outcomes["returned"].to_numpy(float)
    rows = []
    for name, forecast in hindsight.forecasts.items():
        rows.append(
            {
                "as_of": hindsight.as_of,
                "forecaster": name,
                "customers": len(returned),
                "churned_share": float(1 - returned.mean()),
                **metrics.churn_metrics(returned, forecast.p_return),
                "note": forecast.note,
            }
        )
    return pd.DataFrame(rows)


def judge_value(hindsight: Hindsight) -> pd.DataFrame:
    """One row per forecaster: how well it told who spends how much; the tails are those of our interval alone.

    `mae` is of our median, and of the one number that a peer gives.
    """
    spend = hindsight.outcomes["spend"].to_numpy(float)
    median, high, low = (
        hindsight.outcomes[name].to_numpy(float) for name in ("clv_median", "clv_high", "clv_low")
    )
    rows = []
    for name, forecast in hindsight.forecasts.items():
        row = {
            "as_of": hindsight.as_of,
            "forecaster": name,
            "customers": len(spend),
            **metrics.value_metrics(spend, forecast.spend),
            "mae": metrics.mean_absolute_error(spend, median if name == OURS else forecast.spend),
            "note": forecast.note,
        }
        if name == OURS:
            row["share_above_high"] = metrics.share_above_high(spend, high)
            row["share_below_low"] = metrics.share_below_low(spend, low)
        rows.append(row)
    return pd.DataFrame(rows)
