"""Features as of a date: one lazy expression, the same on every engine."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import ibis

from features import amounts, attributes, basket, calendar, engagement, gaps, kinds, summary, windows
from features.as_of import AsOf
from features.catalog import describe
from features.customer_days import customer_days
from features.plan import BASKET_COLUMNS, MEASURE_COLUMNS, FeaturePlan


def build_features(
    purchases: ibis.Table,
    interactions: ibis.Table | None,
    customers: ibis.Table | None,
    as_of: date,
    plan: FeaturePlan,
) -> ibis.Table:
    """One row per customer with a purchase before `as_of`; `customer_id` and the columns of `describe(plan)`.

    Takes admitted tables and reads nothing of what happened at or after `as_of`. Rows come in no order.
    A table that the plan knows and the caller does not have is read as an empty one.
    """
    moment = AsOf(as_of, plan.timezone)
    past = _completed(moment.past(purchases), BASKET_COLUMNS)
    features = _purchase_features(past, as_of, plan)
    beside = [*_basket_tables(past, plan), *_interaction_tables(interactions, moment, plan)]
    told = attributes.sources(plan)
    if customers is None:
        types = attributes.source_columns(plan)
        features = _completed(features, {ours: types[theirs] for ours, theirs in told.items()})
    else:
        customers = _completed(customers, attributes.source_columns(plan))
        beside.append(
            customers.select("customer_id", **{ours: customers[their] for ours, their in told.items()})
        )
    return _side_by_side(features, beside, moment, plan)


def _purchase_features(past: ibis.Table, as_of: date, plan: FeaturePlan) -> ibis.Table:
    days = customer_days(past)
    sums = days.group_by("customer_id").aggregate(
        **summary.totals(days),
        **windows.totals(days, plan),
        **gaps.totals(days),
        **amounts.totals(days),
        **calendar.totals(days, plan),
    )
    sums = sums.filter(sums.purchase_day_count > 0)
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


def _interaction_tables(
    interactions: ibis.Table | None, moment: AsOf, plan: FeaturePlan
) -> Iterator[ibis.Table]:
    if interactions is None or not plan.has_interactions:
        return
    events = kinds.numbered(_completed(moment.past(interactions), MEASURE_COLUMNS), plan)
    sums = events.group_by("customer_id").aggregate(
        **engagement.totals(events, plan), **kinds.totals(events, plan)
    )
    yield sums.select("customer_id", **engagement.columns(sums, plan), **kinds.columns(sums, plan))


def _side_by_side(
    features: ibis.Table, beside: Sequence[ibis.Table], moment: AsOf, plan: FeaturePlan
) -> ibis.Table:
    wide = features
    for number, table in enumerate(beside):
        key = f"customer_id_{number}"
        table = table.rename({key: "customer_id"})
        wide = wide.left_join(table, features.customer_id == table[key])
    values = {name: wide[name] for name in wide.columns} | attributes.columns(wide, moment, plan)
    cells = {}
    for feature in describe(plan):
        value = values.get(feature.name, ibis.null(feature.dtype))
        # A customer who is not in a table of events has none of them: zero of each, and no last one.
        value = value.cast(feature.dtype)
        cells[feature.name] = value if feature.may_be_missing else value.fill_null(0)
    return wide.select("customer_id", **cells)


def _completed(table: ibis.Table, types: Mapping[str, str]) -> ibis.Table:
    """The table with an empty column for each that it lacks."""
    lacking = {name: ibis.null(dtype) for name, dtype in types.items() if name not in table.columns}
    return table.mutate(**lacking) if lacking else table
