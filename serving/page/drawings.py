"""Pictures of batches: what is at stake, a budget's curve, segments, and who moved between them."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from serving.page.flows import FlowTable
from serving.page.frame import Frame, chart_of, money, names
from serving.page.planning import Budgeted, Outcome
from serving.store.batches import PublishedBatch, Segment


def draw_value_at_risk(frame: Frame, trend: Sequence[tuple[PublishedBatch, float]]) -> str:
    """The value at risk of each batch."""
    p = frame.palette
    rows = [{"day": batch.as_of.isoformat(), "value": value} for batch, value in trend]
    base = chart_of(rows).encode(
        x=frame.dates("day", len(rows)),
        y=alt.Y(
            "value:Q",
            axis=money(),
            scale=alt.Scale(zero=False, nice=True, padding=12),
        ),
    )
    line = base.mark_line(color=p.accent, strokeWidth=2)
    points = base.mark_circle(color=p.accent, size=48, opacity=1)
    return frame.svg(line + points, 180)


def draw_plan(frame: Frame, budgeted: Budgeted) -> str:
    """Expected profit by the size of the list, with the best size and the budget's."""
    p, t = frame.palette, frame.t
    curve = [_point(point) for point in budgeted.curve]
    base = chart_of(curve).encode(
        x=alt.X("size:Q", axis=alt.Axis(title=t("plan.size"), format=",.0f", grid=False, tickCount=5)),
        y=alt.Y("profit:Q", axis=money()),
    )
    area = base.mark_area(color=p.tint, opacity=0.6)
    line = base.mark_line(color=p.accent, strokeWidth=2)
    marks = [{**_point(budgeted.outcome), "what": t("plan.yours")}]
    if budgeted.outcome.size < budgeted.best.size:
        marks.append({**_point(budgeted.best), "what": t("plan.best")})
    marked = chart_of(marks).encode(x="size:Q", y="profit:Q")
    rules = marked.mark_rule(color=p.quiet, strokeDash=[3, 3])
    points = marked.mark_circle(color=p.accent, size=90, opacity=1, stroke=p.card, strokeWidth=2)
    # A label stands to the left of what is in the right half, so that it never leaves the picture.
    middle = budgeted.best.size / 2
    labels = [
        chart_of([mark])
        .encode(x="size:Q", y="profit:Q", text="what:N")
        .mark_text(
            align="right" if mark["size"] > middle else "left", dx=-8 if mark["size"] > middle else 8, dy=14
        )
        for mark in marks
    ]
    return frame.svg(alt.layer(area, line, rules, points, *labels), 200, 640)


def draw_segments(frame: Frame, segments: Sequence[Segment]) -> str:
    """The value at risk of each segment."""
    t = frame.t
    rows = [
        {"name": t.called("segment", segment.name), "value": segment.value_at_risk}
        for segment in segments
        if segment.value_at_risk > 0
    ]
    base = chart_of(rows).encode(
        y=alt.Y("name:N", sort="-x", axis=names(str(row["name"]) for row in rows)),
        x=alt.X("value:Q", axis=money()),
    )
    bars = base.mark_bar(color=frame.palette.accent, cornerRadiusEnd=3, height={"band": 0.64})
    return frame.svg(bars, 340)


def draw_flows(frame: Frame, flows: FlowTable) -> str:
    """How many went from which segment to which."""
    p, t = frame.palette, frame.t
    named = {
        name: t.called("segment", name) if name else t("segment.outside")
        for name in flows.rows + flows.columns
    }
    rows: list[Mapping[str, Any]] = [
        {"from": named[before], "into": named[now], "customers": customers}
        for (before, now), customers in flows.cells.items()
    ]
    into = alt.Axis(title=t("segments.into"), domain=False, ticks=False, labelAngle=-40)
    left, entered = ([named[name] for name in side] for side in (flows.rows, flows.columns))
    base = chart_of(rows).encode(
        y=alt.Y("from:N", sort=left, axis=names(named.values(), t("segments.from"))),
        x=alt.X("into:N", sort=entered, axis=into),
    )
    cells = base.mark_rect(cornerRadius=3, stroke=p.card, strokeWidth=2).encode(
        color=alt.Color("customers:Q", scale=alt.Scale(range=[p.tint, p.accent], domainMin=0), legend=None)
    )
    half = max(flows.cells.values()) / 2
    numbers = base.mark_text(fontSize=13).encode(
        text=alt.Text("customers:Q", format=",.0f"),
        color=alt.condition(alt.datum.customers > half, alt.value(p.card), alt.value(p.ink)),
    )
    return frame.svg(cells + numbers, 340)


def _point(outcome: Outcome) -> dict[str, Any]:
    return {"size": outcome.size, "profit": outcome.profit}
