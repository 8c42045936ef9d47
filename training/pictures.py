"""Pictures of a training, as SVG: calibration, gains, and what frequency and recency do to the answer."""

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from models.cells import Floats

WIDTH, HEIGHT = 360, 300
INK, ACCENT, MUTED = "#1f2933", "#0b6e99", "#9aa5b1"
GROUPS = 10


def calibration(returned: Floats, p_return: Floats) -> pd.DataFrame:
    """Tenths of the customers along the predicted P(return): `predicted` and `returned`, as means."""
    order = np.argsort(p_return, kind="stable")
    groups = [group for group in np.array_split(order, GROUPS) if len(group)]
    return pd.DataFrame(
        {
            "predicted": [float(p_return[group].mean()) for group in groups],
            "returned": [float(returned[group].mean()) for group in groups],
            "customers": [len(group) for group in groups],
        }
    )


def gains(returned: Floats, p_return: Floats) -> pd.DataFrame:
    """Shares of all churners found in the first 5%, 10%, ... of the list, the riskiest customers first."""
    churned = 1.0 - returned[np.argsort(p_return, kind="stable")]
    found = np.concatenate([[0.0], np.cumsum(churned)]) / max(churned.sum(), 1.0)
    listed = np.linspace(0, 1, 21)
    return pd.DataFrame({"listed": listed, "found": np.interp(listed, np.linspace(0, 1, len(found)), found)})


def draw_calibration(table: pd.DataFrame) -> str:
    """A picture of `calibration`: points on the diagonal are right."""
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(color=MUTED, strokeDash=[4, 4])
    points = alt.Chart(table).mark_line(color=ACCENT, point=alt.OverlayMarkDef(color=ACCENT, size=50))
    return _svg(
        diagonal.encode(x="x:Q", y="y:Q")
        + points.encode(
            x=alt.X("predicted:Q", title="predicted P(return)", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("returned:Q", title="share that returned", scale=alt.Scale(domain=[0, 1])),
        )
    )


def draw_gains(table: pd.DataFrame) -> str:
    """A picture of `gains`: the higher above the diagonal, the better than a random list."""
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(color=MUTED, strokeDash=[4, 4])
    return _svg(
        diagonal.encode(x="x:Q", y="y:Q")
        + alt.Chart(table)
        .mark_line(color=ACCENT)
        .encode(
            x=alt.X("listed:Q", title="share of customers on the list", axis=alt.Axis(format="%")),
            y=alt.Y("found:Q", title="share of churners found", axis=alt.Axis(format="%")),
        )
    )


def draw_frequency_recency(cells: pd.DataFrame) -> str:
    """A picture of `frequency`, `days_since_last_purchase` and their `p_return`, one square per cell."""
    return _svg(
        alt.Chart(cells)
        .mark_rect()
        .encode(
            x=alt.X("frequency:O", title="repeat purchase days"),
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


def _svg(chart: alt.Chart | alt.LayerChart) -> str:
    styled = chart.properties(width=WIDTH, height=HEIGHT).configure(
        font="sans-serif", axis=alt.AxisConfig(labelColor=INK, titleColor=INK, gridColor="#e4e7eb")
    )
    return str(vl_convert.vegalite_to_svg(styled.to_dict()))
