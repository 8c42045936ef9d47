"""How far spend may lie from its expectation: a mass at zero, and scaled residuals of log spend above it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from models.cells import Floats

LEVELS = np.concatenate([[0.002, 0.005], np.arange(0.01, 0.995, 0.01), [0.995, 0.998]])
LEAST_RESIDUALS = 50
SMALLEST = 1e-9

# Scatter of log spend around the log of its mean on the logs and simulated shops that were tried, for shops
# with too few returns to measure their own: wider the fewer purchases are expected and were seen.
USUAL = (-0.45, -0.15, -0.05)


HIGH_Z = float(ndtri(0.9))
RETURNS_MOVE = 0.8  # of a season's move in log spend, in the logit of P(return)

# In logits, off every P(return) at the 10th percentile: only a P above .9 has one above zero, and of those picked
# for a high P more stay away than it says.
DOUBT = 0.15


@dataclass(frozen=True)
class Moves:
    """How far the shop as a whole may be from what was learned, in log spend.

    `error` is that of the mean spend of so many customers: it may fall on either side, and adds to the width.
    `season` is a move that the shop has never shown and may well make: the 10th and the 90th percentile stand
    wholly beyond it, and in the logit of P(return) by `RETURNS_MOVE` of it.
    """

    error: float
    season: float


@dataclass(frozen=True)
class Spread:
    """Spend if they return is its mean times exp(width * z), with z the shop's own residuals.

    log width = a + b log(purchases expected if they return) + c log(1 + frequency); see `Moves` for the rest.
    """

    coefficients: tuple[float, float, float]
    residuals: tuple[float, ...]
    moves: Moves

    def quantile(self, level: float, matrix: pd.DataFrame, p_return: Floats, expected: Floats) -> Floats:
        """The quantile of spend of each row: 0 where staying away alone is likelier than `level`."""
        season = self.moves.season * _tail(level)
        p_moved = self.chance_at(level, p_return)
        within = np.clip((level - (1 - p_moved)) / p_moved, 0.0, 1.0)
        z = np.interp(within, LEVELS, np.asarray(self.residuals))
        width = _width(self.coefficients, matrix)
        wider = np.sqrt(width**2 + self.moves.error**2) - width
        # The error widens both tails; the middle stays where it is.
        spend = (
            expected / p_return * np.exp(width * z + wider * ndtri(np.clip(within, 0.002, 0.998)) + season)
        )
        return np.where(within > 0, spend, 0.0)

    def chance_at(self, level: float, p_return: Floats) -> Floats:
        """P(return) as it counts at the quantile: moved by the season, and doubted at the 10th percentile."""
        tail = _tail(level)
        season = self.moves.season * tail
        return np.asarray(expit(logit(p_return) + RETURNS_MOVE * season + DOUBT * min(tail, 0.0)))

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return {
            "coefficients": list(self.coefficients),
            "residuals": list(self.residuals),
            "moves": asdict(self.moves),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Spread":
        """The spread that `to_json` wrote."""
        a, b, c = stored["coefficients"]
        return cls((a, b, c), tuple(stored["residuals"]), Moves(**stored["moves"]))


def usual_spread(moves: Moves) -> Spread:
    """For shops that cannot measure their own: log-normal, with the mean where it is expected."""
    width = float(np.exp(USUAL[0]))
    return Spread(USUAL, tuple((ndtri(LEVELS) - width / 2).tolist()), moves)


def fit_spread(
    matrix: pd.DataFrame, if_return: Floats, spend: Floats, weight: Floats, moves: Moves
) -> Spread:
    """Learn from past rows: what they were expected to spend if they return, and what they spent, in one unit."""
    spent = spend > 0
    if int(spent.sum()) < LEAST_RESIDUALS:
        return usual_spread(moves)
    rows, rows_weight = matrix[spent], weight[spent]
    residual = np.log(spend[spent] / np.maximum(if_return[spent], SMALLEST))
    middle = _weighted_quantiles(residual, rows_weight, np.array([0.5]))[0]
    inputs = _inputs(rows)
    size = np.log(np.abs(residual - middle) + 0.05)
    root = np.sqrt(rows_weight)
    solved = np.linalg.lstsq(inputs * root[:, None], size * root, rcond=None)[0]
    coefficients = (float(solved[0]), float(solved[1]), float(solved[2]))
    scaled = residual / _width(coefficients, rows)
    return Spread(coefficients, tuple(_weighted_quantiles(scaled, rows_weight, LEVELS).tolist()), moves)


def _tail(level: float) -> float:
    """-1 at the 10th percentile, 0 in the middle, 1 at the 90th."""
    return float(ndtri(level)) / HIGH_Z


def _inputs(matrix: pd.DataFrame) -> Floats:
    names = ("btyd_spend_if_return", "btyd_spend", "frequency")
    spend_if_return, spend, frequency = (matrix[name].to_numpy(dtype=float) for name in names)
    purchases = np.maximum(spend_if_return / np.maximum(spend, SMALLEST), 1.0)
    return np.column_stack([np.ones(len(matrix)), np.log(purchases), np.log1p(frequency)])


def _width(coefficients: tuple[float, float, float], matrix: pd.DataFrame) -> Floats:
    return np.asarray(np.exp(_inputs(matrix) @ np.asarray(coefficients)))


def _weighted_quantiles(values: Floats, weight: Floats, levels: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weight[order]) - weight[order] / 2
    return np.asarray(np.interp(levels, cumulated / weight.sum(), values[order]))
