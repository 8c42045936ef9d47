"""What a forecast looks like beside what happened: the tables behind the pictures, as plain rows.

Like the metrics these are pure functions; customers with equal predictions share what they did evenly, so
that no row depends on the order of customers.
"""

from math import isfinite
from typing import TypedDict

import numpy as np

from training.metrics import Numbers, share_above_high, share_below_low

BINS = 10
DECILES = 10
STEPS = 20
FIFTHS = ("lowest", "second", "third", "fourth", "highest")


class Bin(TypedDict):
    """Customers whose churn probability was in `[low, high)`: how many, and how many of them churned."""

    low: float
    high: float
    customers: int
    churned: int
    mean_probability: float


class Decile(TypedDict):
    """A tenth of the customers, 10 the highest predictions; means per customer."""

    decile: int
    customers: int
    predicted: float
    actual: float


class Tail(TypedDict):
    """Of customers whose bound is above zero (so many are judged), the share that spent beyond it."""

    customers_by_clv: str
    judged_high: int
    above_high: float | None
    judged_low: int
    below_low: float | None


def reliability(churned: Numbers, probability: Numbers) -> list[Bin]:
    """Ten bins of equal width; those without customers are left out. A probability of 1 is in the last."""
    numbers = np.minimum((probability * BINS).astype(int), BINS - 1)
    return [
        {
            "low": number / BINS,
            "high": (number + 1) / BINS,
            "customers": int(inside.sum()),
            "churned": int(churned[inside].sum()),
            "mean_probability": float(probability[inside].mean()),
        }
        for number in range(BINS)
        if (inside := numbers == number).any()
    ]


def shares() -> Numbers:
    """From 0 to 1 in steps of a twentieth."""
    return np.arange(STEPS + 1) / STEPS


def captured(amount: Numbers, ranking: Numbers) -> Numbers:
    """The share of the sum of `amount` that those ranked highest hold, at each of `shares()`."""
    _, place, tied = np.unique(-ranking, return_inverse=True, return_counts=True)
    held = np.bincount(place, weights=amount, minlength=len(tied))
    listed = np.concatenate([[0.0], np.cumsum(tied)]) / len(amount)
    found = np.concatenate([[0.0], np.cumsum(held)]) / max(float(amount.sum()), 1e-12)
    return np.asarray(np.interp(shares(), listed, found))


def deciles(actual: Numbers, predicted: Numbers) -> list[Decile]:
    """Mean predicted and actual of each tenth of the customers along the prediction, the lowest first."""
    order = np.argsort(predicted, kind="stable")
    return [
        {
            "decile": number + 1,
            "customers": len(group),
            "predicted": float(predicted[group].mean()),
            "actual": float(actual[group].mean()),
        }
        for number, group in enumerate(np.array_split(order, DECILES))
        if len(group)
    ]


def tails(actual: Numbers, expected: Numbers, low: Numbers, high: Numbers) -> list[Tail]:
    """Shares outside the interval, of all customers and of each fifth of them along `expected`."""
    order = np.argsort(expected, kind="stable")
    groups = {"all": order}
    groups |= {
        name: group for name, group in zip(FIFTHS, np.array_split(order, 5), strict=True) if len(group)
    }
    return [
        {
            "customers_by_clv": name,
            "judged_high": int((high[group] > 0).sum()),
            "above_high": _known(share_above_high(actual[group], high[group])),
            "judged_low": int((low[group] > 0).sum()),
            "below_low": _known(share_below_low(actual[group], low[group])),
        }
        for name, group in groups.items()
    ]


def _known(number: float) -> float | None:
    return number if isfinite(number) else None
