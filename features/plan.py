"""The plan of a feature table: all that decides which columns it has, fixed once and kept with the model."""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Protocol

import ibis

from features.as_of import AsOf

EXPOSURE = ("campaign_received", "email_sent", "push_sent")
"""What the shop does itself; never engagement."""

BASKET_COLUMNS = {
    "quantity": "float64",
    "category": "string",
    "channel": "string",
    "discount": "float64",
    "is_guest": "boolean",
}
INTERACTION_COLUMNS = {
    "occurred_at": "timestamp",
    "kind": "string",
    "duration_seconds": "float64",
    "pages": "float64",
    "points": "float64",
    "score": "float64",
    "resolved_at": "timestamp",
}
MEASURES = tuple(INTERACTION_COLUMNS)[2:]
CONTRACT_COLUMNS = {"contract": "string", "contract_period_days": "int64", "contract_ended_on": "date"}
"""What a purchase has that is a paid period of a contract; empty in an order."""

RESERVED_SLUGS = ("other", "missing")
"""What attributes call the levels that have no column of their own."""

MOST_KINDS = 20
MOST_LEVELS = 20


class Tables(Protocol):
    """What a plan looks at: the admitted tables of a shop, and the time zone of its days."""

    @property
    def purchases(self) -> ibis.Table: ...  # noqa: D102
    @property
    def interactions(self) -> ibis.Table | None: ...  # noqa: D102
    @property
    def customers(self) -> ibis.Table | None: ...  # noqa: D102
    @property
    def timezone(self) -> str: ...  # noqa: D102


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
    has_other_kinds: bool
    has_signed_up_at: bool
    attributes: tuple[Attribute, ...]
    has_contracts: bool = False

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
            has_other_kinds=plan["has_other_kinds"],
            has_signed_up_at=plan["has_signed_up_at"],
            attributes=tuple(
                Attribute(entry["name"], entry["slug"], _levels(entry["levels"]))
                for entry in plan["attributes"]
            ),
            has_contracts=plan.get("has_contracts", False),
        )


def plan_features(
    shop: Tables, as_of: date, churn_window_days: int, attributes: Sequence[str]
) -> FeaturePlan:
    """Look at what happened before `as_of`, and at the attributes of those who had bought by then."""
    moment = AsOf(as_of, shop.timezone)
    past = moment.past(shop.purchases)
    bought = past.filter(past.amount >= 0)
    events = None if shop.interactions is None else moment.past(shop.interactions)
    engaged = () if events is None else _common_kinds(events.filter(events.kind.notin(EXPOSURE)), EXPOSURE)
    exposed = () if events is None else _common_kinds(events.filter(events.kind.isin(EXPOSURE)))
    known = None if shop.customers is None else shop.customers.semi_join(bought, "customer_id")
    given = set() if known is None else set(known.columns)
    return FeaturePlan(
        churn_window_days=churn_window_days,
        timezone=shop.timezone,
        typical_gap_days=_typical_gap_days(bought, churn_window_days),
        purchase_columns=tuple(name for name in BASKET_COLUMNS if name in bought.columns),
        purchase_channels=_common_levels(bought, "channel") if "channel" in bought.columns else (),
        has_interactions=events is not None,
        kinds=engaged[:MOST_KINDS],
        exposure_kinds=exposed,
        has_other_kinds=len(engaged) > MOST_KINDS,
        has_signed_up_at="signed_up_at" in given,
        attributes=tuple(
            Attribute(name, slug, _common_levels(known, name, RESERVED_SLUGS))
            for name, slug in zip(attributes, slugs(attributes), strict=True)
            if name in given
        ),
        has_contracts="contract" in bought.columns,
    )


def slugs(values: Iterable[str], reserved: Sequence[str] = ()) -> list[str]:
    """Names of letters, digits and single underscores, all different, in the order of `values`."""
    taken = list(reserved)
    for value in values:
        plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
        stem = re.sub("[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_") or "unnamed"
        slug, count = stem, 1
        while slug in taken:
            count += 1
            slug = f"{stem}_{count}"
        taken.append(slug)
    return taken[len(reserved) :]


def _typical_gap_days(bought: ibis.Table, churn_window_days: int) -> float:
    # The geometric mean of the customers' own mean gaps: one wholesaler who buys daily does not set it.
    customers = bought.group_by("customer_id").aggregate(
        span=(bought.days_ago.max() - bought.days_ago.min()).cast("float64"),
        gaps=bought.days_ago.nunique() - 1,
    )
    repeat = customers.filter(customers.gaps > 0)
    mean = _rows(repeat.aggregate(log_gap=(repeat.span / repeat.gaps).log().mean()))[0]["log_gap"]
    return float(churn_window_days) if mean is None else round(math.exp(mean), 2)


def _common_kinds(events: ibis.Table, reserved: Sequence[str] = ()) -> tuple[Kind, ...]:
    given = [name for name in MEASURES if name in events.columns]
    rows = _commonest(events, "kind", MOST_KINDS + 1, given)
    names = slugs([row["kind"] for row in rows], reserved)
    return tuple(
        Kind(row["kind"], slug, tuple(name for name in given if row[name] > 0))
        for row, slug in zip(rows, names, strict=True)
    )


def _common_levels(table: ibis.Table, column: str, reserved: Sequence[str] = ()) -> tuple[Level, ...]:
    values = [row[column] for row in _commonest(table.filter(table[column].notnull()), column, MOST_LEVELS)]
    return tuple(Level(value, slug) for value, slug in zip(values, slugs(values, reserved), strict=True))


def _commonest(
    table: ibis.Table, column: str, most: int, counted: Sequence[str] = ()
) -> list[dict[str, Any]]:
    found = table.group_by(column).aggregate(
        rows_in_all=table.count(), **{name: table[name].count() for name in counted}
    )
    return _rows(found.order_by(ibis.desc("rows_in_all"), column).limit(most))


def _rows(table: ibis.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows


def _levels(entries: list[dict[str, Any]]) -> tuple[Level, ...]:
    return tuple(Level(**entry) for entry in entries)


def _kinds(entries: list[dict[str, Any]]) -> tuple[Kind, ...]:
    return tuple(Kind(entry["value"], entry["slug"], tuple(entry["measures"])) for entry in entries)
