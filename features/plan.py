"""The plan of a feature table: all that decides which columns it has, fixed once and kept with the model."""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import ibis

from features.as_of import AsOf
from features.door import Shop

EXPOSURE = ("campaign_received", "email_sent", "push_sent")
"""What the shop does itself; never engagement."""

MEASURES = ("duration_seconds", "pages", "points", "score", "resolved_at")
MOST_KINDS = 20
MOST_LEVELS = 20


@dataclass(frozen=True)
class Level:
    """A value found in the data, and the safe name that stands for it in column names."""

    value: str
    slug: str


@dataclass(frozen=True)
class Kind:
    """A kind of interaction, and the optional columns that carry something for it."""

    value: str
    slug: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Attribute:
    """A customer attribute and its commonest levels."""

    name: str
    slug: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class FeaturePlan:
    """Two feature tables of one plan have the same columns, whatever the date and the data.

    `typical_gap_days` is the usual time between two purchase days of a customer, the prior of those who
    have shown little of their own rhythm.
    """

    churn_window_days: int
    timezone: str
    typical_gap_days: float
    purchase_columns: tuple[str, ...]
    purchase_channels: tuple[Level, ...]
    has_interactions: bool
    kinds: tuple[Kind, ...]
    exposure_kinds: tuple[Kind, ...]
    has_signed_up_at: bool
    attributes: tuple[Attribute, ...]

    def to_json(self) -> str:
        """The plan as text; `from_json` gives it back."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "FeaturePlan":
        """The plan that `to_json` wrote."""
        plan = json.loads(text)
        return cls(
            churn_window_days=plan["churn_window_days"],
            timezone=plan["timezone"],
            typical_gap_days=plan["typical_gap_days"],
            purchase_columns=tuple(plan["purchase_columns"]),
            purchase_channels=_levels(plan["purchase_channels"]),
            has_interactions=plan["has_interactions"],
            kinds=_kinds(plan["kinds"]),
            exposure_kinds=_kinds(plan["exposure_kinds"]),
            has_signed_up_at=plan["has_signed_up_at"],
            attributes=tuple(
                Attribute(entry["name"], entry["slug"], _levels(entry["levels"]))
                for entry in plan["attributes"]
            ),
        )


def plan_features(shop: Shop, as_of: date, churn_window_days: int, attributes: Sequence[str]) -> FeaturePlan:
    """Look at what happened before `as_of`, and at the attributes of those who had bought by then."""
    moment = AsOf(as_of, shop.timezone)
    past = moment.past(shop.purchases)
    kinds = [] if shop.interactions is None else _common_kinds(moment.past(shop.interactions))
    return FeaturePlan(
        churn_window_days=churn_window_days,
        timezone=shop.timezone,
        typical_gap_days=_typical_gap_days(past, churn_window_days),
        purchase_columns=(),
        purchase_channels=(),
        has_interactions=shop.interactions is not None,
        kinds=tuple(kind for kind in kinds if kind.value not in EXPOSURE)[:MOST_KINDS],
        exposure_kinds=tuple(kind for kind in kinds if kind.value in EXPOSURE),
        has_signed_up_at=False,
        attributes=(),
    )


def slugs(values: Iterable[str]) -> list[str]:
    """Names of letters, digits and single underscores, all different, in the order of `values`."""
    taken: list[str] = []
    for value in values:
        plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
        stem = re.sub("[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_") or "other"
        slug, count = stem, 1
        while slug in taken:
            count += 1
            slug = f"{stem}_{count}"
        taken.append(slug)
    return taken


def _typical_gap_days(past: ibis.Table, churn_window_days: int) -> float:
    # The geometric mean of the customers' own mean gaps: one wholesaler who buys daily does not set it.
    bought = past.filter(past.amount >= 0)
    customers = bought.group_by("customer_id").aggregate(
        span=bought.days_ago.max() - bought.days_ago.min(), gaps=bought.days_ago.nunique() - 1
    )
    repeat = customers.filter(customers.gaps > 0)
    log_gap = repeat.aggregate(mean=(repeat.span / repeat.gaps).log().mean()).to_pyarrow().to_pylist()
    mean = log_gap[0]["mean"]
    return float(churn_window_days) if mean is None else round(math.exp(mean), 2)


def _common_kinds(past: ibis.Table) -> list[Kind]:
    given = [name for name in MEASURES if name in past.columns]
    found = past.group_by("kind").aggregate(
        events=past.count(), **{name: past[name].count() for name in given}
    )
    rows = sorted(found.to_pyarrow().to_pylist(), key=lambda row: (-row["events"], row["kind"]))
    names = slugs(row["kind"] for row in rows)
    return [
        Kind(row["kind"], slug, tuple(name for name in given if row[name] > 0))
        for row, slug in zip(rows, names, strict=True)
    ]


def _levels(entries: list[dict[str, Any]]) -> tuple[Level, ...]:
    return tuple(Level(**entry) for entry in entries)


def _kinds(entries: list[dict[str, Any]]) -> tuple[Kind, ...]:
    return tuple(Kind(entry["value"], entry["slug"], tuple(entry["measures"])) for entry in entries)
