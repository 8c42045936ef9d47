"""Features as of a date: one lazy expression, the same on every engine."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import ibis

from features.as_of import AsOf
from features.catalog import describe
from features.customer_days import customer_days, customer_refunds
from features.families import (
    amounts,
    attributes,
    basket,
    calendar,
    contracts,
    engagement,
    gaps,
    kinds,
    summary,
    windows,
)
from features.plan import BASKET_COLUMNS, CONTRACT_COLUMNS, INTERACTION_COLUMNS, FeaturePlan


def build_features(
    purchases: ibis.Table,
    interactions: ibis.Table | None,
    customers: ibis.Table | None,
    as_of: date,
    plan: FeaturePlan,
    kinds_a_pass: int = kinds.KINDS_A_PASS,
) -> ibis.Table:
    """One row per customer with a purchase before `as_of`; `customer_id` and the columns of `describe(plan)`.

    Takes admitted tables and reads nothing of what happened at or after `as_of`. Rows come in no order.
    A table that the plan knows and the caller does not have is read as an empty one.
    """
    moment = AsOf(as_of, plan.timezone)
    past = _completed(moment.past(purchases), BASKET_COLUMNS)
    nobody = purchases.filter(ibis.literal(False))
    beside = [
        *_basket_tables(past, plan),
        *_contract_tables(past, plan),
        *_interaction_tables(nobody if interactions is None else interactions, moment, plan, kinds_a_pass),
        *_customer_tables(nobody if customers is None else customers, plan),
    ]
    return _side_by_side(_purchase_features(past, as_of, plan), beside, moment, plan)


def _purchase_features(past: ibis.Table, as_of: date, plan: FeaturePlan) -> ibis.Table:
    days = customer_days(past)
    sums = days.group_by("customer_id").aggregate(
        **summary.totals(days),
        **windows.totals(days, plan),
        **gaps.totals(days),
        **amounts.totals(days),
        **calendar.totals(days, plan),
    )
    refunds = customer_refunds(past)
    refunded = refunds.group_by(refunded_id="customer_id").aggregate(
        **summary.refund_totals(refunds), **windows.refund_totals(refunds, plan)
    )
    sums = sums.left_join(refunded, sums.customer_id == refunded.refunded_id).drop("refunded_id")
    return sums.select(
        "customer_id",
        **summary.columns(sums),
        **windows.columns(sums, plan),
        **gaps.columns(sums, plan),
        **amounts.columns(sums),
        **calendar.columns(sums, as_of),
    )


def _basket_tables(past: ibis.Table, plan: FeaturePlan) -> Iterator[ibis.Table]:
    orders = past.filter(past.amount >= 0)
    if set(plan.purchase_columns) - {"category"}:
        yield basket.columns(orders, plan)
    if "category" in plan.purchase_columns:
        yield basket.category_columns(orders)


def _contract_tables(past: ibis.Table, plan: FeaturePlan) -> Iterator[ibis.Table]:
    if plan.has_contracts:
        yield contracts.columns(_completed(past, CONTRACT_COLUMNS))


def _interaction_tables(
    interactions: ibis.Table, moment: AsOf, plan: FeaturePlan, kinds_a_pass: int
) -> Iterator[ibis.Table]:
    if plan.has_interactions:
        events = _completed(interactions, INTERACTION_COLUMNS)
        yield from kinds.kind_tables(moment.past(events), plan, kinds_a_pass)


def _customer_tables(customers: ibis.Table, plan: FeaturePlan) -> Iterator[ibis.Table]:
    told = attributes.sources(plan)
    if told:
        known = _completed(customers, attributes.source_columns(plan))
        yield known.select("customer_id", **{ours: known[theirs] for ours, theirs in told.items()})


def _side_by_side(
    features: ibis.Table, beside: Sequence[ibis.Table], moment: AsOf, plan: FeaturePlan
) -> ibis.Table:
    wide = features
    for number, table in enumerate(beside):
        key = f"customer_id_{number}"
        table = table.rename({key: "customer_id"})
        wide = wide.left_join(table, features.customer_id == table[key])
    values = {name: wide[name] for name in wide.columns}
    values |= engagement.columns(wide, plan) | kinds.columns(wide, plan)
    values |= attributes.columns(wide, moment, plan)
    cells = {}
    for feature in describe(plan):
        value = values[feature.name].cast(feature.dtype)
        # A customer who is not in a table of events has none of them: zero of each, and no last one.
        cells[feature.name] = value if feature.may_be_missing else value.fill_null(0)
    return wide.select("customer_id", **cells)


def _completed(table: ibis.Table, types: Mapping[str, str]) -> ibis.Table:
    """The table with an empty column for each that it lacks."""
    lacking = {name: ibis.null(dtype) for name, dtype in types.items() if name not in table.columns}
    return table.mutate(**lacking) if lacking else table
