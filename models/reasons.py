"""Why a customer has the churn probability they have, in words and with their own numbers."""

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import Feature
from models.cells import Floats

BASELINE = "baseline"
MOST = 5

# How many times the odds of churning are multiplied or divided by what is called high, medium and low.
HIGH, MEDIUM, LOW = np.log(2.0), np.log(1.3), np.log(1.05)

# What the purchase models make of a history reads as the part of the history they look at.
READS_AS = {
    "btyd_logit": "silence_log_ratio",
    "btyd_logit_bgnbd": "silence_log_ratio",
    "btyd_logit_mbgnbd": "silence_log_ratio",
    "btyd_logit_paretonbd": "silence_log_ratio",
    "btyd_alive": "silence_log_ratio",
    "btyd_purchases": "purchase_day_count",
    "btyd_spend": "amount_mean",
    "btyd_clv": "historic_spend",
    "btyd_spend_if_return": "amount_mean",
}
# "silent for 94 days" and "silent for 94 days; usually buys every 21" are one reason, not two.
SAME_REASON = {"recency": "rhythm"}

Reason = dict[str, Any]


def explain(
    contributions: pd.DataFrame, features: pd.DataFrame, catalogue: Sequence[Feature]
) -> list[list[Reason]]:
    """Up to five reasons of each customer, the weightiest first.

    `contributions`: one row per row of `features`, what each column adds to the logit of *churning*; columns
    are features of the catalogue, columns of the purchase models' outlook, and `baseline`. A reason is a
    family of features, told by the one that weighs most in its direction: `{feature, value, direction,
    importance, text}`. `direction` is "raises" or "lowers" the churn probability. What multiplies the odds of
    churning by less than 1.05 is no reason, unless it is all there is.
    """
    described = {feature.name: feature for feature in catalogue}
    reads_as = _reads_as(described)
    columns = [name for name in contributions.columns if name != BASELINE]
    told_by = [described[reads_as.get(name, name)] for name in columns]
    added = contributions[columns].to_numpy(dtype=float)
    families = np.array([_family(feature) for feature in told_by])
    names = sorted(set(families))
    totals, speakers = _families(added, families, names)
    order = np.argsort(-np.abs(totals), axis=1, kind="stable")[:, :MOST]
    weight = np.abs(np.take_along_axis(totals, order, axis=1))
    kept = (weight >= LOW) & (weight > 0)
    kept[:, :1] |= weight[:, :1] > 0

    words = _Words(features)
    reasons: list[list[Reason]] = []
    for row, (chosen, said) in enumerate(zip(order.tolist(), kept.tolist(), strict=True)):
        reasons.append(
            [
                words.reason(row, told_by[speakers[row, family]], float(totals[row, family]))
                for family, keep in zip(chosen, said, strict=True)
                if keep
            ]
        )
    return reasons


def contributions_by_family(contributions: pd.DataFrame, catalogue: Sequence[Feature]) -> pd.DataFrame:
    """The same contributions summed by family, and `baseline`: rows add up to the same logit."""
    described = {feature.name: feature for feature in catalogue}
    reads_as = _reads_as(described)
    families = [
        BASELINE if name == BASELINE else _family(described[reads_as.get(name, name)])
        for name in contributions.columns
    ]
    return contributions.T.groupby(families).sum().T


def _reads_as(described: Mapping[str, Feature]) -> Mapping[str, str]:
    """In a shop of contracts, what the purchase models make of a history reads as its renewals."""
    if "contract_renewals" not in described:
        return READS_AS
    return READS_AS | {"btyd_logit": "contract_renewals", "btyd_clv": "contract_amount"}


def _family(feature: Feature) -> str:
    return SAME_REASON.get(feature.family, feature.family)


def _families(
    added: Floats, families: npt.NDArray[np.str_], names: Sequence[str]
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Each family's sum, and the column that adds most in the direction of the sum."""
    totals = np.empty((len(added), len(names)))
    speakers = np.empty(totals.shape, dtype=np.int64)
    for number, name in enumerate(names):
        members = np.flatnonzero(families == name)
        part = added[:, members]
        totals[:, number] = part.sum(axis=1)
        direction = np.where(totals[:, number] >= 0, 1.0, -1.0)
        speakers[:, number] = members[(part * direction[:, None]).argmax(axis=1)]
    return totals, speakers


class _Words:
    """The customers' own numbers, and the sentences already made of them: many customers share one."""

    def __init__(self, features: pd.DataFrame) -> None:
        self._features = features
        self._columns: dict[str, list[float]] = {}
        self._asked: dict[str, tuple[str, ...]] = {}
        self._said: dict[tuple[Any, ...], str] = {}

    def reason(self, row: int, feature: Feature, total: float) -> Reason:
        value = self._column(feature.name)[row]
        return {
            "feature": feature.name,
            "value": value if value == value else None,
            "direction": "raises" if total > 0 else "lowers",
            "importance": _importance(abs(total)),
            "text": self._text(row, feature),
        }

    def _text(self, row: int, feature: Feature) -> str:
        if feature.name not in self._asked:
            self._asked[feature.name] = _asked_for(feature, self._features.columns)
        numbers = {name: self._column(name)[row] for name in self._asked[feature.name]}
        key = (feature.name, *map(str, numbers.values()))
        if key not in self._said:
            self._said[key] = feature.say(numbers)
        return self._said[key]

    def _column(self, name: str) -> Sequence[float]:
        if name not in self._columns:
            self._columns[name] = self._features[name].astype(float).tolist()
        return self._columns[name]


def _importance(weight: float) -> str:
    if weight >= HIGH:
        return "high"
    return "medium" if weight >= MEDIUM else "low"


def _asked_for(feature: Feature, known: Mapping[Any, Any] | pd.Index) -> tuple[str, ...]:
    """The features that the sentences of this one mention, itself among them."""
    templates = (feature.sentence, feature.otherwise)
    fields = {field for template in templates for _, field, _, _ in Formatter().parse(template) if field}
    return (feature.name, *sorted(name for name in fields if name in known and name != feature.name))
