"""What a customer does, and what is done to them, kind by kind of interaction."""

from collections.abc import Iterator

import ibis

from features.feature import Feature, count, known_to_some, literal, number
from features.plan import FeaturePlan, Kind
from features.tally import count_where, least_where, sum_where
from features.ticks import money, ticks
from features.window import YEAR, trailing
from features.windows import log_trend

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


def numbered(past: ibis.Table, plan: FeaturePlan) -> ibis.Table:
    """The interactions with `kind_place`, the place of their kind in the plan; -1 for kinds not planned."""
    places = ((kind.value, place) for place, kind in enumerate(planned(plan)))
    return past.mutate(kind_place=past.kind.cases(*places, else_=-1) if planned(plan) else ibis.literal(-1))


def planned(plan: FeaturePlan) -> tuple[Kind, ...]:
    """The kinds with columns of their own, engagement before exposure."""
    return (*plan.kinds, *plan.exposure_kinds)


def totals(events: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """What the columns need of a customer's `numbered` interactions."""
    sums: dict[str, ibis.Value] = {}
    this_year = trailing(YEAR).holds(events.days_ago)
    recent = trailing(plan.churn_window_days).holds(events.days_ago)
    for place, kind in enumerate(planned(plan)):
        mine, of = events.kind_place == place, kind.slug
        for w in shown_days(plan):
            sums[f"{of}__events_{w}d"] = count_where(mine & trailing(w).holds(events.days_ago))
        sums[f"{of}__last_days_ago"] = least_where(mine, events.days_ago)
        for measure in SUMMED.keys() & set(kind.measures):
            told = ticks(events[measure])
            sums[f"{of}__{measure}_recent"] = sum_where(mine & recent, told)
            sums[f"{of}__{measure}_year"] = sum_where(mine & this_year, told)
            sums[f"{of}__{measure}_events"] = count_where(mine & this_year & events[measure].notnull())
        if "score" in kind.measures:
            sums[f"{of}__score_year"] = sum_where(mine & this_year, ticks(events.score))
            sums[f"{of}__score_events"] = count_where(mine & this_year & events.score.notnull())
            sums[f"{of}__score_lowest"] = least_where(mine & this_year, events.score)
        if "resolved_at" in kind.measures:
            resolved = events.resolved_at.notnull()
            seconds = (events.resolved_at.epoch_seconds() - events.occurred_at.epoch_seconds()).clip(lower=0)
            sums[f"{of}__cases_open"] = count_where(mine & this_year & ~resolved)
            sums[f"{of}__cases_resolved"] = count_where(mine & this_year & resolved)
            sums[f"{of}__resolution_seconds"] = sum_where(mine & this_year, seconds.cast("float64"))
    return sums


def columns(sums: ibis.Table, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns of every planned kind, from one row of totals per customer."""
    h = plan.churn_window_days
    values: dict[str, ibis.Value] = {}
    for kind in planned(plan):
        of = kind.slug
        for w in shown_days(plan):
            values[f"{of}__count_{w}d"] = sums[f"{of}__events_{w}d"]
        values[f"{of}__days_since_last"] = sums[f"{of}__last_days_ago"]
        values[f"{of}__trend"] = log_trend(sums[f"{of}__events_{h}d"], sums[f"{of}__events_{2 * h}d"])
        for measure in SUMMED.keys() & set(kind.measures):
            values[f"{of}__{measure}_{h}d"] = money(sums[f"{of}__{measure}_recent"])
            values[f"{of}__{measure}_mean_{YEAR}d"] = _mean(sums, f"{of}__{measure}")
        if "score" in kind.measures:
            values[f"{of}__score_mean_{YEAR}d"] = _mean(sums, f"{of}__score")
            values[f"{of}__score_lowest_{YEAR}d"] = sums[f"{of}__score_lowest"]
        if "resolved_at" in kind.measures:
            hours = sums[f"{of}__resolution_seconds"] / 3600
            values[f"{of}__open_{YEAR}d"] = sums[f"{of}__cases_open"]
            values[f"{of}__resolution_hours_{YEAR}d"] = hours / sums[f"{of}__cases_resolved"].nullif(0)
    return values


def _mean(sums: ibis.Table, measure: str) -> ibis.Value:
    return money(sums[f"{measure}_year"]) / sums[f"{measure}_events"].nullif(0)


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
