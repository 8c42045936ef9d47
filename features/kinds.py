"""What a customer does, and what is done to them, kind by kind of interaction."""

from collections.abc import Iterator

import ibis

from features.feature import Feature, count, known_to_some, literal, number
from features.plan import FeaturePlan, Kind
from features.ticks import money, ticks
from features.window import YEAR, trailing
from features.windows import log_trend, window_days

SHOWN_DAYS = (30, 90, YEAR)
SUMMED = {"duration_seconds": "seconds", "pages": "pages", "points": "points"}
YEAR_WORDS = f"in the last {YEAR} days"


def shown_days(plan: FeaturePlan) -> tuple[int, ...]:
    """Lengths of the windows that each kind is counted in, shortest first."""
    return tuple(sorted({*SHOWN_DAYS, plan.churn_window_days, 2 * plan.churn_window_days}))


def catalogue(plan: FeaturePlan) -> tuple[Feature, ...]:
    """The entries of the columns below; two underscores part a kind from what is told about it."""
    engaged = [entry for kind in plan.kinds for entry in _entries(kind, f"engagement: {kind.value}", plan)]
    exposed = [entry for kind in plan.exposure_kinds for entry in _entries(kind, "exposure", plan)]
    return (*engaged, *exposed)


def kind_totals(past: ibis.Table, plan: FeaturePlan) -> ibis.Table:
    """One row per customer and kind with an event before `as_of`."""
    sums = {f"events_{w}d": past.count(where=trailing(w).holds(past.days_ago)) for w in window_days(plan)}
    sums["last_days_ago"] = past.days_ago.min()
    this_year, recent = (
        trailing(YEAR).holds(past.days_ago),
        trailing(plan.churn_window_days).holds(past.days_ago),
    )
    measures = {measure for kind in _all(plan) for measure in kind.measures}
    for measure in sorted(measures & SUMMED.keys()):
        value = ticks(past[measure])
        sums[f"{measure}_recent"] = value.sum(where=recent)
        sums[f"{measure}_year"] = value.sum(where=this_year)
        sums[f"{measure}_events"] = past[measure].count(where=this_year)
    if "score" in measures:
        sums["score_year"] = ticks(past.score).sum(where=this_year)
        sums["score_events"] = past.score.count(where=this_year)
        sums["score_lowest"] = past.score.min(where=this_year)
    if "resolved_at" in measures:
        resolved = past.resolved_at.notnull()
        seconds = (past.resolved_at.epoch_seconds() - past.occurred_at.epoch_seconds()).clip(lower=0)
        sums["cases_open"] = past.count(where=this_year & ~resolved)
        sums["cases_resolved"] = past.count(where=this_year & resolved)
        sums["resolution_seconds"] = seconds.cast("float64").sum(where=this_year & resolved)
    return past.group_by("customer_id", "kind").aggregate(**sums)


def columns(sums: ibis.Table, kind: Kind, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns of one kind, from its rows of `kind_totals`."""
    h = plan.churn_window_days
    values = {f"count_{w}d": sums[f"events_{w}d"] for w in shown_days(plan)}
    values["days_since_last"] = sums.last_days_ago
    values["trend"] = log_trend(sums[f"events_{h}d"], sums[f"events_{2 * h}d"])
    for measure in SUMMED.keys() & set(kind.measures):
        values[f"{measure}_{h}d"] = money(sums[f"{measure}_recent"].fill_null(0))
        values[f"{measure}_mean_{YEAR}d"] = money(sums[f"{measure}_year"]) / sums[f"{measure}_events"].nullif(
            0
        )
    if "score" in kind.measures:
        values[f"score_mean_{YEAR}d"] = money(sums.score_year) / sums.score_events.nullif(0)
        values[f"score_lowest_{YEAR}d"] = sums.score_lowest
    if "resolved_at" in kind.measures:
        values[f"open_{YEAR}d"] = sums.cases_open
        values[f"resolution_hours_{YEAR}d"] = sums.resolution_seconds / 3600 / sums.cases_resolved.nullif(0)
    return {f"{kind.slug}__{name}": value for name, value in values.items()}


def _all(plan: FeaturePlan) -> tuple[Kind, ...]:
    return (*plan.kinds, *plan.exposure_kinds)


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
    for measure in SUMMED:
        if measure in kind.measures:
            unit = SUMMED[measure]
            yield number(
                f"{kind.slug}__{measure}_{h}d",
                unit,
                family,
                f"{plain}: sum of {unit} in the last {h} days",
                f"{name}: {{value:,.0f}} {unit} in the last {h} days",
            )
            yield known_to_some(
                f"{kind.slug}__{measure}_mean_{YEAR}d",
                unit,
                family,
                f"{plain}: mean {unit} of an event {YEAR_WORDS}",
                f"{name}: {{value:,.0f}} {unit} on average",
                f"{name}: no {unit} known {YEAR_WORDS}",
            )
    if "score" in kind.measures:
        for what in ("mean", "lowest"):
            yield known_to_some(
                f"{kind.slug}__score_{what}_{YEAR}d",
                "points of the scale",
                family,
                f"{plain}: {what} score {YEAR_WORDS}",
                f"{name}: {what} score {{value:.1f}} {YEAR_WORDS}",
                f"{name}: no score {YEAR_WORDS}",
            )
    if "resolved_at" in kind.measures:
        yield count(
            f"{kind.slug}__open_{YEAR}d",
            "cases",
            family,
            f"{plain}: cases of the last {YEAR} days that were not resolved before as_of",
            f"{name}: {{value:cases}} open",
        )
        yield known_to_some(
            f"{kind.slug}__resolution_hours_{YEAR}d",
            "hours",
            family,
            f"{plain}: mean hours to resolution of the cases of the last {YEAR} days resolved before as_of",
            f"{name}: resolved within {{value:hours}} on average",
            f"{name}: no case resolved {YEAR_WORDS}",
        )
