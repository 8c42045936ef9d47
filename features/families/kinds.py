"""What a customer does, and what is done to them, kind by kind of interaction."""

from collections.abc import Iterator

import ibis

from features.families import measures
from features.families.windows import log_trend
from features.feature import Feature, count, known_to_some, literal, number
from features.plan import EXPOSURE, FeaturePlan, Kind
from features.tally import count_where
from features.window import YEAR, trailing

SHOWN_DAYS = (30, 90, YEAR)
KINDS_A_PASS = 6
"""More sums than those of a few kinds side by side make a table of customers too wide to stay in a cache."""


def shown_days(plan: FeaturePlan) -> tuple[int, ...]:
    """Lengths of the windows that each kind is counted in, shortest first."""
    return tuple(sorted({*SHOWN_DAYS, plan.churn_window_days, 2 * plan.churn_window_days}))


def catalogue(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The entries of the columns below; two underscores part a kind from what is told about it."""
    engaged = [entry for kind in plan.kinds for entry in _entries(kind, f"engagement: {kind.value}", plan)]
    exposed = [entry for kind in plan.exposure_kinds for entry in _entries(kind, "exposure", plan)]
    return (*engaged, *exposed)


def kind_tables(past: ibis.Table, plan: FeaturePlan, kinds_a_pass: int) -> Iterator[ibis.Table]:
    """For every few kinds, one row per customer with an event of one of them: what their columns need.

    The last table counts the kinds without columns of their own, where there are any, under an empty name.
    """
    kinds = (*plan.kinds, *plan.exposure_kinds)
    for first in range(0, len(kinds), kinds_a_pass):
        few = kinds[first : first + kinds_a_pass]
        events = past.filter(past.kind.isin([kind.value for kind in few]))
        yield _by_customer(events, few, plan)
    if plan.has_other_kinds:
        unplanned = past.kind.notin([kind.value for kind in kinds]) & past.kind.notin(EXPOSURE)
        nameless = Kind("", "", ())
        yield _by_customer(past.filter(unplanned).mutate(kind=ibis.literal("")), (nameless,), plan)


def columns(sums: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns of every kind, from one row per customer with all that `kind_tables` tell."""
    kinds = (*plan.kinds, *plan.exposure_kinds)
    return {name: value for kind in kinds for name, value in _columns(sums, kind, plan).items()}


def _by_customer(events: ibis.Table, kinds: tuple[Kind, ...], plan: FeaturePlan) -> ibis.Table:
    # Each event's kind is looked at once and not for each sum: in a CASE, engines look again every time.
    events = events.mutate(
        **{_days_ago(kind): (events.kind == kind.value).ifelse(events.days_ago, None) for kind in kinds}
    )
    return events.group_by("customer_id").aggregate(
        **{name: value for kind in kinds for name, value in _totals(events, kind, plan).items()}
    )


def _days_ago(kind: Kind) -> str:
    return f"{kind.slug}__days_ago"


def _totals(events: ibis.Table, kind: Kind, plan: FeaturePlan) -> dict[str, ibis.Value]:
    days_ago = events[_days_ago(kind)]
    counts = {
        # Narrow, because these tables are joined.
        f"{kind.slug}__count_{w}d": count_where(trailing(w).holds(days_ago)).cast("int32")
        for w in shown_days(plan)
    }
    latest = {f"{kind.slug}__days_since_last": days_ago.min()}
    return counts | latest | measures.totals(events, days_ago, kind, plan)


def _columns(sums: ibis.Table, kind: Kind, plan: FeaturePlan) -> dict[str, ibis.Value]:
    counts = {w: sums[f"{kind.slug}__count_{w}d"] for w in shown_days(plan)}
    h = plan.churn_window_days
    return {
        **{f"{kind.slug}__count_{w}d": counted for w, counted in counts.items()},
        f"{kind.slug}__days_since_last": sums[f"{kind.slug}__days_since_last"],
        f"{kind.slug}__trend": log_trend(counts[h], counts[2 * h]),
        **measures.columns(sums, kind, plan),
    }


def _entries(kind: Kind, family: str, plan: FeaturePlan) -> Iterator[Feature]:
    name, h = literal(kind.value.replace("_", " ")), plan.churn_window_days
    plain = kind.value
    for w in shown_days(plan):
        yield count(
            f"{kind.slug}__count_{w}d",
            "events",
            family,
            f"{plain}: events in the last {w} days",
            f"{name}: {{value:,.0f}} in the last {w} days",
        )
    yield known_to_some(
        f"{kind.slug}__days_since_last",
        "days",
        family,
        f"{plain}: days since the last one",
        f"{name}: last one {{value:days}} ago",
        f"{name}: never",
    )
    yield number(
        f"{kind.slug}__trend",
        "log ratio",
        family,
        f"{plain}: log of (1 + events in the last {h} days) over (1 + those in the {h} days before)",
        f"{name}: {{{kind.slug}__count_{h}d:,.0f}} in the last {h} days, "
        f"{{{kind.slug}__count_{2 * h}d:,.0f}} in the last {2 * h}",
    )
    yield from measures.entries(kind, family, plan)
