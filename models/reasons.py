"""Why a customer has the churn probability they have, in words and with their own numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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


@dataclass(frozen=True)
class Reasons:
    """The reasons of some customers: one row for each, of places in `made`, the weightiest first, then -1."""

    places: npt.NDArray[np.int64]
    made: list[Reason]

    def lists(self) -> list[list[Reason]]:
        """A list for each customer; those of whom the same is told share it."""
        return [[self.made[place] for place in row if place >= 0] for row in self.places.tolist()]

    def written(self) -> pa.Array:
        """The same lists as JSON text."""
        texts = [orjson.dumps(reason).decode() for reason in self.made]
        first = pa.array([*texts, ""], pa.string())
        further = pa.array([*(f",{text}" for text in texts), ""], pa.string())
        places = np.where(self.places < 0, len(texts), self.places)
        told = [
            (further if number else first).take(pa.array(places[:, number]))
            for number in range(places.shape[1])
        ]
        return pc.binary_join_element_wise("[", *told, pa.array(["]"] * len(places), pa.string()), "")


def explain(contributions: pd.DataFrame, features: pd.DataFrame, catalogue: Sequence[Feature]) -> Reasons:
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

    made: list[Reason] = []
    told = np.full(order.shape, -1, dtype=np.int64)
    speaking = np.where(kept, np.take_along_axis(speakers, order, axis=1), len(columns))
    signed = np.take_along_axis(totals, order, axis=1)
    by_speaker = np.argsort(speaking, axis=None, kind="stable")
    starts = np.searchsorted(speaking.ravel()[by_speaker], np.arange(len(columns) + 1))
    for number, feature in enumerate(told_by):
        places = by_speaker[starts[number] : starts[number + 1]]
        if len(places):
            rows = places // order.shape[1]
            which, reasons = _reasons(feature, features, rows, signed.ravel()[places])
            told.ravel()[places] = len(made) + which
            made += reasons
    return Reasons(told, made)


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


def _reasons(
    feature: Feature, features: pd.DataFrame, rows: npt.NDArray[np.int64], totals: Floats
) -> tuple[npt.NDArray[np.int64], list[Reason]]:
    """What `feature` tells of these rows: which of its reasons is whose, and the reasons, each made once."""
    names = _asked_for(feature, features.columns)
    numbers = [_known(features[name].to_numpy(dtype=float)[rows]) for name in names]
    weights = np.abs(totals)
    importance = np.select([weights >= HIGH, weights >= MEDIUM], ["high", "medium"], "low").tolist()
    direction = np.where(totals > 0, "raises", "lowers").tolist()
    met: dict[tuple[Any, ...], int] = {}
    keys = zip(direction, importance, *numbers, strict=True)
    which = np.array([met.setdefault(key, len(met)) for key in keys], dtype=np.int64)
    texts: dict[tuple[Any, ...], str] = {}
    made = []
    for raises_or_lowers, weight, *own in met:
        if (text := texts.get(tuple(own))) is None:
            text = texts[tuple(own)] = feature.say(dict(zip(names, own, strict=True)))
        made.append(
            {
                "feature": feature.name,
                "value": own[0],
                "direction": raises_or_lowers,
                "importance": weight,
                "text": text,
            }
        )
    return which, made


def _known(numbers: Floats) -> list[float | None]:
    """Plain numbers, None where one is missing."""
    return [None if number != number else number for number in numbers.tolist()]


def _asked_for(feature: Feature, known: Mapping[Any, Any] | pd.Index) -> tuple[str, ...]:
    """The features that the sentences of this one mention, itself among them."""
    templates = (feature.sentence, feature.otherwise)
    fields = {field for template in templates for _, field, _, _ in Formatter().parse(template) if field}
    return (feature.name, *sorted(name for name in fields if name in known and name != feature.name))
