"""Ridge regressions with an offset: logistic for returns, Poisson for spend."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from threadpoolctl import threadpool_limits

from models.cells import Floats

# Mean and variance of the outcome at a linear predictor.
Link = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Ridge:
    """offset + intercept + the sum of coefficient * (x - center) / scale over the columns.

    A missing value counts as its column's mean; one beyond eight standard deviations counts as eight.
    """

    columns: tuple[str, ...]
    center: Floats
    scale: Floats
    coefficients: Floats
    intercept: float

    def predictor(self, inputs: pd.DataFrame, offset: Floats) -> Floats:
        """The linear predictor (a logit, or a log mean) of each row."""
        return np.asarray(offset + self.intercept + self.contributions(inputs).sum(axis=1))

    def contributions(self, inputs: pd.DataFrame) -> Floats:
        """What each column adds to the predictor of each row."""
        if tuple(inputs.columns) != self.columns:
            inputs = inputs[list(self.columns)]
        return _standardised(inputs, self.center, self.scale) * self.coefficients

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return {
            "columns": list(self.columns),
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "coefficients": self.coefficients.tolist(),
            "intercept": self.intercept,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Ridge":
        """The regression that `to_json` wrote."""
        return cls(
            tuple(stored["columns"]),
            np.asarray(stored["center"], dtype=float),
            np.asarray(stored["scale"], dtype=float),
            np.asarray(stored["coefficients"], dtype=float),
            stored["intercept"],
        )


def fit_ridge_logistic(
    inputs: pd.DataFrame, offset: Floats, happened: Floats, weight: Floats, penalty: float
) -> Ridge:
    """The regression of a 0/1 outcome; `penalty` is on the squared coefficients, in units of one row."""
    with threadpool_limits(limits=1, user_api="blas"):
        return _fit(inputs, offset, happened, weight, penalty, _bernoulli)


def fit_ridge_poisson(
    inputs: pd.DataFrame, offset: Floats, amount: Floats, weight: Floats, penalty: float
) -> Ridge:
    """The regression of an amount that is zero or more, by quasi-likelihood: only the mean matters."""
    with threadpool_limits(limits=1, user_api="blas"):
        return _fit(inputs, offset, amount, weight, penalty, _poisson)


def _fit(
    inputs: pd.DataFrame, offset: Floats, outcome: Floats, weight: Floats, penalty: float, link: Link
) -> Ridge:
    """Newton's method with steps halved until the gradient shrinks; the intercept is not penalised."""
    center = inputs.mean().fillna(0.0).to_numpy(dtype=float)
    scale = inputs.std(ddof=0).fillna(0.0).to_numpy(dtype=float)
    scale = np.where(scale > 1e-9, scale, 1.0)  # a constant column is all zeros then, and learns nothing
    x = np.column_stack([np.ones(len(inputs)), _standardised(inputs, center, scale)])
    ridge = np.full(x.shape[1], penalty)
    ridge[0] = 1e-6

    def slope_at(beta: Floats) -> tuple[Floats, Floats]:
        mean, variance = link(offset + x @ beta)
        return x.T @ (weight * (outcome - mean)) - ridge * beta, variance

    beta = np.zeros(x.shape[1])
    slope, variance = slope_at(beta)
    for _ in range(50):
        curvature = (x * (weight * variance)[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        for _ in range(20):
            new_slope, new_variance = slope_at(beta + step)
            if np.linalg.norm(new_slope) < np.linalg.norm(slope):
                break
            step = step / 2
        else:
            break
        beta, slope, variance = beta + step, new_slope, new_variance
        if np.abs(step).max() < 1e-10:
            break
    return Ridge(tuple(inputs.columns), center, scale, beta[1:], float(beta[0]))


def _standardised(inputs: pd.DataFrame, center: Floats, scale: Floats) -> Floats:
    return np.clip(np.nan_to_num((inputs.to_numpy(dtype=float) - center) / scale, nan=0.0), -8.0, 8.0)


def _bernoulli(predictor: Floats) -> tuple[Floats, Floats]:
    mean = expit(predictor)
    return mean, mean * (1 - mean)


def _poisson(predictor: Floats) -> tuple[Floats, Floats]:
    mean = np.exp(np.minimum(predictor, 30.0))
    return mean, mean
