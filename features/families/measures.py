"""What an interaction carries besides its time: seconds, pages, points, a score, the end of a case.

A kind has the columns of those measures that its events carry; all but the sums look back a year.
"""

from collections.abc import Iterator

import ibis

from features.feature import Feature, count, known_to_some, literal, number
from features.plan import FeaturePlan, Kind
from features.tally import count_where, least_where, sum_where
from features.ticks import money, ticks
from features.window import YEAR, trailing

SUMMED = {"duration_seconds": "seconds", "pages": "pages", "points": "points"}
YEAR_WORDS = f"in the last {YEAR} days"


def entries(kind: Kind, family: str, plan: FeaturePlan) -> Iterator[Feature]:
    """The entries of the columns below."""
    name, h = literal(kind.value.replace("_", " ")), plan.churn_window_days
    plain = kind.value
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


def totals(events: ibis.Table, days_ago: ibis.Value, kind: Kind, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """What the columns need of a customer's events; `days_ago` is missing in those of other kinds."""
    of = kind.slug
    this_year = trailing(YEAR).holds(days_ago)
    recent = trailing(plan.churn_window_days).holds(days_ago)
    sums: dict[str, ibis.Value] = {}
    for measure in SUMMED.keys() & set(kind.measures):
        sums[f"{of}__{measure}_recent"] = sum_where(recent, ticks(events[measure]))
        sums[f"{of}__{measure}_year"] = sum_where(this_year, ticks(events[measure]))
        sums[f"{of}__{measure}_events"] = count_where(this_year & events[measure].notnull())
    if "score" in kind.measures:
        sums[f"{of}__score_year"] = sum_where(this_year, ticks(events.score))
        sums[f"{of}__score_events"] = count_where(this_year & events.score.notnull())
        sums[f"{of}__score_lowest"] = least_where(this_year, events.score)
    if "resolved_at" in kind.measures:
        resolved = this_year & events.resolved_at.notnull()
        seconds = (events.resolved_at.epoch_seconds() - events.occurred_at.epoch_seconds()).clip(lower=0)
        sums[f"{of}__cases_open"] = count_where(this_year & events.resolved_at.isnull())
        sums[f"{of}__cases_resolved"] = count_where(resolved)
        sums[f"{of}__resolution_ticks"] = sum_where(resolved, ticks(seconds.cast("float64")))
    return sums


def columns(sums: ibis.Table, kind: Kind, plan: FeaturePlan) -> dict[str, ibis.Value]:
    """The columns of one kind, from one row of totals per customer."""
    of, h = kind.slug, plan.churn_window_days
    values: dict[str, ibis.Value] = {}
    for measure in SUMMED.keys() & set(kind.measures):
        values[f"{of}__{measure}_{h}d"] = money(sums[f"{of}__{measure}_recent"])
        values[f"{of}__{measure}_mean_{YEAR}d"] = _mean(sums, f"{of}__{measure}")
    if "score" in kind.measures:
        values[f"{of}__score_mean_{YEAR}d"] = _mean(sums, f"{of}__score")
        values[f"{of}__score_lowest_{YEAR}d"] = sums[f"{of}__score_lowest"]
    if "resolved_at" in kind.measures:
        hours = money(sums[f"{of}__resolution_ticks"]) / 3600
        values[f"{of}__open_{YEAR}d"] = sums[f"{of}__cases_open"]
        values[f"{of}__resolution_hours_{YEAR}d"] = hours / sums[f"{of}__cases_resolved"].nullif(0)
    return values


def _mean(sums: ibis.Table, measure: str) -> ibis.Value:
    return money(sums[f"{measure}_year"]) / sums[f"{measure}_events"].nullif(0)
