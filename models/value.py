"""Expected spend in one horizon: the purchase models' answer and two learned ones, blended."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.boosters import Boosters, fit_boosters
from models.cells import Floats
from models.churn import FULL_TRUST_EVENTS
from models.linear import Ridge, fit_ridge_poisson
from models.matrix import linear_inputs

PENALTY = 10.0
WINSORISED_AT = 0.995
SMALLEST = 1e-6  # in units of a mean purchase day; the log of nothing is not a number to start from


@dataclass(frozen=True)
class LearnedSpend:
    """Spend if they return (gamma), spend in all (ridge Poisson, then Tweedie), how far to go by them."""

    if_return: Boosters
    ridge: Ridge
    in_all: Boosters
    share: float


@dataclass(frozen=True)
class SpendModel:
    """Expected net spend in the horizon, in units of the shop's mean purchase day."""

    churn_window_days: int
    learned: LearnedSpend | None

    def expected(self, matrix: pd.DataFrame, p_return: Floats) -> Floats:
        """Expected spend of each row, given P(return) in the same horizon; never negative."""
        btyd_if_return = matrix["btyd_spend_if_return"].to_numpy(dtype=float)
        by_btyd = p_return * btyd_if_return
        if self.learned is None:
            return np.asarray(by_btyd)
        learned = self.learned
        by_return = p_return * np.exp(_log(btyd_if_return) + learned.if_return.raw_score(matrix))
        start = learned.ridge.predictor(
            linear_inputs(matrix, self.churn_window_days), _log(matrix["btyd_clv"].to_numpy(dtype=float))
        )
        in_all = np.exp(start + learned.in_all.raw_score(matrix))
        blend = (by_btyd + 2 * by_return + in_all) / 4
        return np.asarray(learned.share * blend + (1 - learned.share) * by_btyd)


def fit_spend(
    matrix: pd.DataFrame, spend: Floats, weight: Floats, churn_window_days: int, seeds: Sequence[int]
) -> SpendModel:
    """Learn from past rows with their own window's outlook; `spend` in mean purchase days of their date.

    Customers without spend are those who did not return, or took back more than they bought.
    """
    spent = spend > 0
    events = float(weight[spent].sum())
    if events <= 0:
        return SpendModel(churn_window_days, None)
    capped = np.clip(spend, 0.0, np.quantile(spend[spent], WINSORISED_AT))
    start_if_return = _log(matrix["btyd_spend_if_return"].to_numpy(dtype=float))
    start_in_all = _log(matrix["btyd_clv"].to_numpy(dtype=float))
    inputs = linear_inputs(matrix, churn_window_days)
    ridge = fit_ridge_poisson(inputs, start_in_all, capped, weight, PENALTY)
    return SpendModel(
        churn_window_days,
        LearnedSpend(
            fit_boosters(
                matrix[spent],
                capped[spent],
                weight[spent],
                {"objective": "gamma"},
                seeds,
                start_if_return[spent],
            ),
            ridge,
            fit_boosters(
                matrix,
                capped,
                weight,
                {"objective": "tweedie", "tweedie_variance_power": 1.3},
                seeds,
                ridge.predictor(inputs, start_in_all),
            ),
            events / (events + FULL_TRUST_EVENTS),
        ),
    )


def _log(spend: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(spend, SMALLEST)))
