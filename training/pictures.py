"""Pictures of how a model did, as SVG; each draws a table that can be shown beside it.

Colours are the few named here, so that a page can give each another one in the dark.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from models.cells import Floats

WIDTH, HEIGHT = 340, 240
LEAST_JUDGED = 20
INK, ACCENT, OTHER, MUTED, GRID = "#1f2933", "#0b6e99", "#c2571a", "#7b8794", "#e4e7eb"

Rows = Sequence[Mapping[str, Any]]


def draw_reliability(bins: Rows, did: str) -> str:
    """A picture of `curves.reliability`: points on the diagonal are right, large ones hold many customers.

    `did` is what leavers did not: "come back" or "renew".
    """
    table = pd.DataFrame(bins)
    table["happened"] = table["churned"] / table["customers"]
    points = alt.Chart(table).encode(
        x=alt.X("mean_probability:Q", title="predicted churn probability", axis=_percent(), scale=_unit()),
        y=alt.Y("happened:Q", title=f"share that did not {did}", axis=_percent(), scale=_unit()),
    )
    sized = points.mark_circle(color=ACCENT, opacity=1).encode(
        size=alt.Size("customers:Q", legend=None, scale=alt.Scale(range=[30, 260]))
    )
    return _svg(_diagonal() + points.mark_line(color=ACCENT, strokeWidth=1.5) + sized)


def draw_gains(points: Rows, by: str) -> str:
    """A picture of `share`, `captured` and `by_silence`: the higher above the diagonal, the better.

    `by` is what the simple list goes by.
    """
    table = pd.DataFrame(points)
    lines = table.melt("share", ["captured", "by_silence"], "list", "found")
    lines["list"] = lines["list"].map({"captured": "Tenure", "by_silence": by})
    drawn = (
        alt.Chart(lines)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("share:Q", title="share of customers on the list", axis=_percent(), scale=_unit()),
            y=alt.Y("found:Q", title="share of churners found", axis=_percent(), scale=_unit()),
            color=_two_colours("list", ["Tenure", by]),
        )
    )
    return _svg(_diagonal() + drawn)


def draw_deciles(deciles: Rows) -> str:
    """A picture of `curves.deciles`: bars of one height side by side are right."""
    table = pd.DataFrame(deciles).melt("decile", ["predicted", "actual"], "what", "spend")
    drawn = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("decile:O", title="tenth of the customers by clv, 10 the highest", axis=_upright()),
            xOffset=alt.XOffset("what:N", sort=["predicted", "actual"]),
            y=alt.Y("spend:Q", title="mean spend per customer"),
            color=_two_colours("what", ["predicted", "actual"]),
        )
    )
    return _svg(drawn)


def draw_tracking(tracked: pd.DataFrame) -> str:
    """A picture of `cumulative.cumulative_purchases`: one line on the other is right."""
    lines = tracked.melt("days", ["expected", "actual"], "what", "purchases")
    drawn = (
        alt.Chart(lines)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("days:Q", title="days into the window"),
            y=alt.Y("purchases:Q", title="purchase days so far", axis=alt.Axis(format="~s")),
            color=_two_colours("what", ["expected", "actual"]),
        )
    )
    return _svg(drawn)


def draw_tails(tails: Rows) -> str:
    """A picture of `curves.tails`: bars that end at the line at a tenth are right.

    Shares of fewer than 20 customers would say more about those few than about the interval.
    """
    table = pd.DataFrame(tails)
    for tail, judged in (("above_high", "judged_high"), ("below_low", "judged_low")):
        table[tail] = table[tail].astype(float).where(table[judged] >= LEAST_JUDGED)
    table = table.melt("customers_by_clv", ["above_high", "below_low"], "tail", "share")
    table["tail"] = table["tail"].map({"above_high": "above clv_high", "below_low": "below clv_low"})
    order = [str(row["customers_by_clv"]) for row in tails]
    bars = (
        alt.Chart(table.dropna())
        .mark_bar()
        .encode(
            x=alt.X("customers_by_clv:N", title="customers by clv", sort=order, axis=_upright()),
            xOffset=alt.XOffset("tail:N", sort=["above clv_high", "below clv_low"]),
            y=alt.Y("share:Q", title="share outside the interval", axis=_percent()),
            color=_two_colours("tail", ["above clv_high", "below clv_low"]),
        )
    )
    tenth = alt.Chart(pd.DataFrame({"y": [0.1]})).mark_rule(color=MUTED, strokeDash=[4, 4]).encode(y="y:Q")
    return _svg(bars + tenth)


def draw_frequency_recency(cells: pd.DataFrame) -> str:
    """A picture of `frequency`, `days_since_last_purchase` and their `p_return`, one square per cell."""
    return _svg(
        alt.Chart(cells)
        .mark_rect()
        .encode(
            x=alt.X("frequency:O", title="repeat purchase days", axis=_upright()),
            y=alt.Y("silence:O", title="days since the last purchase", sort="ascending"),
            color=alt.Color("p_return:Q", title="P(return)", scale=alt.Scale(scheme="blues", domain=[0, 1])),
        )
    )


def frequency_recency(features: pd.DataFrame, p_return: Floats) -> pd.DataFrame:
    """Mean `p_return` by repeat purchase days (10 and more together) and fifteen steps of silence."""
    silence = features["days_since_last_purchase"]
    step = max(1, int(np.ceil(silence.max() / 15)))
    cells = pd.DataFrame(
        {
            "frequency": features["frequency"].clip(upper=10).astype(int),
            "silence": ((silence - 1) // step * step).astype(int),
            "p_return": p_return,
        }
    )
    return cells.groupby(["frequency", "silence"])["p_return"].mean().reset_index()


def _diagonal() -> alt.Chart:
    line = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(color=MUTED, strokeDash=[4, 4])
    drawn: alt.Chart = line.encode(x="x:Q", y="y:Q")
    return drawn


def _two_colours(name: str, domain: Sequence[str]) -> alt.Color:
    scale = alt.Scale(domain=list(domain), range=[ACCENT, OTHER])
    return alt.Color(f"{name}:N", scale=scale, legend=alt.Legend(title=None, orient="top"))


def _unit() -> alt.Scale:
    return alt.Scale(domain=[0, 1])


def _percent() -> alt.Axis:
    return alt.Axis(format="%")


def _upright() -> alt.Axis:
    return alt.Axis(labelAngle=0)


def _svg(chart: alt.Chart | alt.LayerChart) -> str:
    axis = alt.AxisConfig(
        labelColor=INK,
        titleColor=INK,
        gridColor=GRID,
        domainColor=MUTED,
        tickColor=MUTED,
        labelFontSize=12,
        titleFontSize=12,
        titleFontWeight="normal",
    )
    styled = chart.properties(width=WIDTH, height=HEIGHT, background="transparent").configure(
        font="sans-serif",
        axis=axis,
        legend=alt.LegendConfig(labelColor=INK, titleColor=INK, labelFontSize=12, symbolStrokeWidth=3),
        view=alt.ViewConfig(stroke=None),
    )
    return str(vl_convert.vegalite_to_svg(styled.to_dict()))
