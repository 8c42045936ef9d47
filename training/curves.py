"""What a forecast looks like beside what happened: the tables behind the pictures, as plain rows.

Like the metrics these are pure functions; customers with equal predictions share what they did evenly, so
that no row depends on the order of customers.
"""

from typing import TypedDict

import numpy as np

from training.metrics import Numbers

BINS = 10
DECILES = 10
STEPS = 20


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
