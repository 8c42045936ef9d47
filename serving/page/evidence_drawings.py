"""Pictures of how the model did on a past date that it had not seen."""

from typing import Any

import altair as alt

from serving.page.frame import Frame, Rows, chart_of, money

SHARE: dict[str, Any] = {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1], "domain": False, "ticks": False}
WHOLE = alt.Scale(domain=[0, 1])


def draw_calibration(frame: Frame, reliability: Rows) -> str:
    """The share that left against the predicted risk; on the diagonal they are equal."""
    p, t = frame.palette, frame.t
    rows = [
        {
            "predicted": group["mean_probability"],
            "observed": group["churned"] / group["customers"],
            "customers": group["customers"],
        }
        for group in reliability
        if group["customers"]
    ]
    base = chart_of(rows).encode(
        x=alt.X("predicted:Q", scale=WHOLE, axis=alt.Axis(title=t("model.predicted"), **SHARE)),
        y=alt.Y("observed:Q", scale=WHOLE, axis=alt.Axis(title=t("model.observed"), **SHARE)),
    )
    points = base.mark_circle(color=p.accent, opacity=0.9).encode(
        size=alt.Size("customers:Q", scale=alt.Scale(range=[48, 360]), legend=None)
    )
    return frame.svg(_diagonal(p.quiet) + base.mark_line(color=p.accent, strokeWidth=1.5) + points, 320)


def draw_gains(frame: Frame, gains: Rows) -> str:
    """The leavers found in the first part of the list, beside a list by silence and one at random."""
    p, t = frame.palette, frame.t
    ours, silence = "Tenure", t("model.by_silence")
    rows = [
        {"share": point["share"], "found": point[column], "list": name}
        for column, name in (("captured", ours), ("by_silence", silence))
        for point in gains
    ]
    lines = (
        chart_of(rows)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("share:Q", scale=WHOLE, axis=alt.Axis(title=t("model.listed"), **SHARE)),
            y=alt.Y("found:Q", scale=WHOLE, axis=alt.Axis(title=t("model.captured"), **SHARE)),
            color=alt.Color("list:N", scale=alt.Scale(domain=[ours, silence], range=[p.accent, p.bad])),
            strokeDash=alt.StrokeDash(
                "list:N", scale=alt.Scale(domain=[ours, silence], range=[[1, 0], [6, 3]])
            ),
        )
    )
    return frame.svg(_diagonal(p.quiet) + lines, 320)


def draw_deciles(frame: Frame, deciles: Rows) -> str:
    """Predicted and actual spend per customer in each tenth."""
    p, t = frame.palette, frame.t
    predicted, actual = t("model.predicted_spend"), t("model.actual_spend")
    rows = [
        {"decile": tenth["decile"], "spend": tenth[column], "which": name}
        for column, name in (("predicted", predicted), ("actual", actual))
        for tenth in deciles
    ]
    bars = (
        chart_of(rows)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("decile:O", axis=alt.Axis(title=t("model.decile"), labelAngle=0, ticks=False)),
            xOffset=alt.XOffset("which:N", sort=[predicted, actual]),
            y=alt.Y("spend:Q", axis=money()),
            color=alt.Color(
                "which:N", scale=alt.Scale(domain=[predicted, actual], range=[p.accent, p.quiet])
            ),
        )
    )
    return frame.svg(bars, 320)


def _diagonal(color: str) -> Any:
    return (
        chart_of([{"x": 0, "y": 0}, {"x": 1, "y": 1}])
        .mark_line(color=color, strokeDash=[4, 4], strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )
