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
    if "frequency" in columns and "contract_renewals" not in described:
        is_overdue = (features["frequency"] > 0) & (features["silence_log_ratio"] > 0)
        added = _hear_silence(added, columns.index("frequency"), is_overdue.to_numpy(dtype=bool))
        told_by.append(described["silence_log_ratio"])
    families = np.array([_family(feature) for feature in told_by])
    names = sorted(set(families))
    totals, speakers = _families(added, families, names)
    order = np.argsort(-np.abs(totals), axis=1, kind="stable")[:, :MOST]
    weight = np.abs(np.take_along_axis(totals, order, axis=1))
    kept = (weight >= LOW) & (weight > 0)
    kept[:, :1] |= weight[:, :1] > 0

    told = np.empty(order.shape, dtype=object)
    speaking = np.where(kept, np.take_along_axis(speakers, order, axis=1), len(told_by))
    signed = np.take_along_axis(totals, order, axis=1)
    by_speaker = np.argsort(speaking, axis=None, kind="stable")
    starts = np.searchsorted(speaking.ravel()[by_speaker], np.arange(len(told_by) + 1))
    for number, feature in enumerate(told_by):
        places = by_speaker[starts[number] : starts[number + 1]]
        if len(places):
            rows = places // order.shape[1]
            told.ravel()[places] = _reasons(feature, features, rows, signed.ravel()[places])
    return [reasons[:many] for reasons, many in zip(told.tolist(), kept.sum(axis=1).tolist(), strict=True)]


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


def _hear_silence(added: Floats, place: int, is_overdue: npt.NDArray[np.bool_]) -> Floats:
    """The same, and one more column: what having bought often adds to the risk of those who are overdue.

    To the models it counts against them only because they are silent now, who bought so often; said by itself it
    would read as if buying often were bad.
    """
    heard = np.where(is_overdue, np.maximum(added[:, place], 0.0), 0.0)
    rest = added.copy()
    rest[:, place] -= heard
    return np.column_stack([rest, heard])


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


def _reasons(
    feature: Feature, features: pd.DataFrame, rows: npt.NDArray[np.int64], totals: Floats
) -> npt.NDArray[np.object_]:
    """What `feature` tells of these rows; those who share all that is told share the reason, made once."""
    names = _asked_for(feature, features.columns)
    numbers = [_known(features[name].to_numpy(dtype=float)[rows]) for name in names]
    weights = np.abs(totals)
    importance = np.select([weights >= HIGH, weights >= MEDIUM], ["high", "medium"], "low").tolist()
    direction = np.where(totals > 0, "raises", "lowers").tolist()
    texts: dict[tuple[Any, ...], str] = {}
    made: dict[tuple[Any, ...], Reason] = {}
    reasons = np.empty(len(rows), dtype=object)
    for place, key in enumerate(zip(direction, importance, *numbers, strict=True)):
        if (reason := made.get(key)) is None:
            own = key[2:]
            if (text := texts.get(own)) is None:
                text = texts[own] = feature.say(dict(zip(names, own, strict=True)))
            reason = made[key] = {
                "feature": feature.name,
                "value": own[0],
                "direction": key[0],
                "importance": key[1],
                "text": text,
            }
        reasons[place] = reason
    return reasons


def _known(numbers: Floats) -> list[float | None]:
    """Plain numbers, None where one is missing."""
    return [None if number != number else number for number in numbers.tolist()]


def _asked_for(feature: Feature, known: Mapping[Any, Any] | pd.Index) -> tuple[str, ...]:
    """The features that the sentences of this one mention, itself among them."""
    templates = (feature.sentence, feature.otherwise)
    fields = {field for template in templates for _, field, _, _ in Formatter().parse(template) if field}
    return (feature.name, *sorted(name for name in fields if name in known and name != feature.name))
