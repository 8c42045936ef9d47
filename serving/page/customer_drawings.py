"""Pictures of one customer: risk and value batch by batch, and the days on which they did something."""

from collections.abc import Sequence
from datetime import date

import altair as alt

from serving.page.frame import Frame, chart_of, money, names
from serving.store.batches import PublishedBatch, Score
from serving.store.timelines import Happening

Past = Sequence[tuple[PublishedBatch, Score]]


def draw_risk(frame: Frame, past: Past) -> str:
    """The churn probability in each batch."""
    rows = [{"day": batch.as_of.isoformat(), "risk": score["churn_probability"]} for batch, score in past]
    base = chart_of(rows).encode(
        x=frame.dates("day", len(rows)),
        y=alt.Y(
            "risk:Q",
            axis=alt.Axis(
                title=None, format=".0%", values=[0, 0.25, 0.5, 0.75, 1], domain=False, ticks=False
            ),
            scale=alt.Scale(domain=[0, 1]),
        ),
    )
    line = base.mark_line(color=frame.palette.accent, strokeWidth=2)
    points = base.mark_circle(color=frame.palette.accent, size=48, opacity=1)
    return frame.svg(line + points, 200)


def draw_value(frame: Frame, past: Past) -> str:
    """The expected value in each batch, and the range around it."""
    rows = [
        {
            "day": batch.as_of.isoformat(),
            "clv": score["clv"],
            "low": score["clv_low"] if score["clv_low"] is not None else score["clv"],
            "high": score["clv_high"] if score["clv_high"] is not None else score["clv"],
        }
        for batch, score in past
    ]
    p = frame.palette
    axis = money()
    base = chart_of(rows).encode(x=frame.dates("day", len(rows)))
    band = base.mark_area(color=p.tint, opacity=0.7).encode(y=alt.Y("low:Q", axis=axis), y2="high:Q")
    line = base.mark_line(color=p.accent, strokeWidth=2).encode(y="clv:Q")
    points = base.mark_circle(color=p.accent, size=48, opacity=1).encode(y="clv:Q")
    return frame.svg(band + line + points, 200)


def draw_days(frame: Frame, happenings: Sequence[Happening], as_of: date) -> str:
    """Purchases, as large as they were dear, and interactions, each on its day; a dashed line at `as_of`."""
    p, t = frame.palette, frame.t
    bought, seen = t("customer.bought"), t("customer.seen_row")
    rows = [
        {
            "day": one.day.isoformat(),
            "row": bought if one.amount is not None else seen,
            "amount": abs(one.amount or 0.0),
            "refund": one.amount is not None and one.amount < 0,
        }
        for one in happenings
    ]
    purchases = [row for row in rows if row["row"] == bought]
    interactions = [row for row in rows if row["row"] == seen]
    x = frame.dates("day", 8)
    y = alt.Y(
        "row:N",
        sort=[bought, seen],
        scale=alt.Scale(domain=[bought, *([seen] if interactions else [])]),
        axis=names([bought, seen]),
    )
    money = chart_of(purchases).encode(
        x=x,
        y=y,
        size=alt.Size("amount:Q", scale=alt.Scale(range=[40, 420]), legend=None),
        color=alt.condition("datum.refund", alt.value(p.bad), alt.value(p.accent)),
    )
    ticks = chart_of(interactions).encode(x=x, y=y)
    now = chart_of([{"day": as_of.isoformat()}]).mark_rule(color=p.quiet, strokeDash=[3, 3])
    drawn = [now.encode(x=x)]
    drawn += [money.mark_circle(opacity=0.75)] if purchases else []
    drawn += [ticks.mark_tick(color=p.quiet, thickness=2, height=20, opacity=0.6)] if interactions else []
    return frame.svg(alt.layer(*drawn), 150, 1180)
