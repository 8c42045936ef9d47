"""What a shop's data can and cannot support: how long, how many, how often, and what will stay empty."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from features.build import build_features
from features.catalog import describe
from features.churn_window import backtest_dates, gap_quantiles, propose_churn_window
from features.contracts import ContractSummary, summarise_contracts
from features.door.report import TableReport
from features.door.tables import CUSTOMERS, INTERACTIONS, PURCHASES, TableShape
from features.errors import DataError
from features.plan import plan_features
from features.rows import count_rows
from features.shop import Shop

__all__ = ["Profile", "profile_shop", "propose_churn_window"]

MOST_KINDS = 30

TELLS = {
    "quantity": "items per order",
    "category": "breadth of categories",
    "channel": "mix of channels",
    "discount": "share and size of discounts",
    "is_guest": "share of guest checkouts",
    "duration_seconds": "length of sessions",
    "pages": "pages per session",
    "score": "answers to surveys and reviews",
    "points": "loyalty points",
    "resolved_at": "time to resolution of support",
    "signed_up_at": "age of the account",
    "opted_out": "who objects to profiling and must not be scored",
}
"""What the optional columns are used for; others change no feature and no score."""


@dataclass(frozen=True)
class Profile:
    """What is known before `as_of`; durations in days, money in shop currency.

    `one_time_share` is the share of customers with one purchase day. `gap_quantiles` are of the days from a
    customer's purchase day to the next, empty where nobody came back. `not_given` are the tables and columns
    that the shop could add, with what they would tell; `empty_features` have no value for any customer.
    """

    tables: tuple[TableReport, ...]
    as_of: date
    first_day: date
    last_day: date
    span_days: int
    customers: int
    orders: int
    refunds: int
    spend: float
    one_time_share: float
    gap_quantiles: dict[float, float]
    proposed_churn_window_days: int
    churn_window_days: int
    backtest_dates: tuple[date, ...]
    events_by_kind: dict[str, int]
    opted_out: int
    not_given: dict[str, str]
    empty_features: tuple[str, ...]
    contracts: ContractSummary | None = None
    observed_until: date | None = None


def profile_shop(shop: Shop, churn_window_days: int | Literal["auto"], as_of: date) -> Profile:
    """Describe what the shop's tables hold of the days before `as_of`.

    Raises DataError when there is no purchase before it.
    """
    past = shop.purchases.filter(shop.purchases.day < as_of)
    totals = _totals(past)
    one_time_buyers = totals.pop("one_time_buyers")
    if not totals["customers"]:
        raise DataError(f"purchases: there is no purchase before {as_of}{_but(shop)}.")
    proposed = propose_churn_window(shop.purchases, as_of)
    window = proposed if churn_window_days == "auto" else churn_window_days
    return Profile(
        tables=shop.report.tables,
        as_of=as_of,
        **totals,
        one_time_share=one_time_buyers / totals["customers"],
        span_days=(as_of - totals["first_day"]).days,
        gap_quantiles=gap_quantiles(shop.purchases, as_of),
        proposed_churn_window_days=proposed,
        churn_window_days=window,
        backtest_dates=backtest_dates(totals["first_day"], as_of, window),
        events_by_kind=_events_by_kind(shop, as_of),
        opted_out=_opted_out(shop),
        not_given=_not_given(shop),
        empty_features=_empty_features(shop, as_of, window),
        contracts=summarise_contracts(shop.purchases, as_of, window),
        observed_until=shop.observed_until,
    )


def _totals(past: Any) -> dict[str, Any]:
    bought = past.amount >= 0
    by_customer = past.group_by("customer_id").aggregate(
        first_day=past.day.min(where=bought),
        last_day=past.day.max(where=bought),
        days=past.day.nunique(where=bought),
        orders=past.count(where=bought),
        refunds=past.count(where=~bought),
        spend=past.amount.sum(),
    )
    is_customer = by_customer.days > 0
    sums = by_customer.aggregate(
        first_day=by_customer.first_day.min(),
        last_day=by_customer.last_day.max(),
        customers=by_customer.count(where=is_customer),
        orders=by_customer.orders.sum(),
        refunds=by_customer.refunds.sum(),
        spend=by_customer.spend.sum(),
        one_time_buyers=by_customer.count(where=by_customer.days == 1),
    )
    (row,) = sums.to_pyarrow().to_pylist()
    return dict(row)


def _but(shop: Shop) -> str:
    bought = shop.purchases.filter(shop.purchases.amount >= 0)
    (row,) = bought.aggregate(first_day=bought.day.min()).to_pyarrow().to_pylist()
    return (
        "; the table holds refunds only"
        if row["first_day"] is None
        else f"; the first is of {row['first_day']}"
    )


def _events_by_kind(shop: Shop, as_of: date) -> dict[str, int]:
    if shop.interactions is None:
        return {}
    events = shop.interactions.filter(shop.interactions.day < as_of)
    counts = events.group_by("kind").aggregate(events=events.count())
    rows = counts.to_pyarrow().to_pylist()
    commonest = sorted(rows, key=lambda row: (-row["events"], row["kind"]))[:MOST_KINDS]
    return {row["kind"]: row["events"] for row in commonest}


def _opted_out(shop: Shop) -> int:
    if shop.customers is None or "opted_out" not in shop.customers.columns:
        return 0
    return count_rows(shop.customers.filter(shop.customers.opted_out))


def _not_given(shop: Shop) -> dict[str, str]:
    given: list[tuple[TableShape, Any, str]] = [
        (PURCHASES, shop.purchases, ""),
        (
            INTERACTIONS,
            shop.interactions,
            "engagement and exposure: visits, mails, support, surveys, loyalty",
        ),
        (CUSTOMERS, shop.customers, "attributes, age of the account, and who objects to profiling"),
    ]
    missing = {}
    for shape, table, tells in given:
        if table is None:
            missing[shape.name] = tells
            continue
        for column in shape.columns:
            if column.name in TELLS and column.name not in table.columns:
                missing[f"{shape.name}.{column.name}"] = TELLS[column.name]
    return missing


def _empty_features(shop: Shop, as_of: date, window_days: int) -> tuple[str, ...]:
    known = {column.name for column in CUSTOMERS.columns}
    attributes = [] if shop.customers is None else [n for n in shop.customers.columns if n not in known]
    plan = plan_features(shop, as_of, window_days, attributes)
    features = build_features(shop.purchases, shop.interactions, shop.customers, as_of, plan)
    names = [feature.name for feature in describe(plan) if feature.may_be_missing]
    counts = features.aggregate(**{name: features[name].count() for name in names})
    (row,) = counts.to_pyarrow().to_pylist()
    return tuple(name for name in names if row[name] == 0)
