"""What every picture has in common: its colours, its language, and how it becomes an SVG."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from serving.page.language import Language
from serving.page.palette import Palette
from serving.page.wording import SEPARATORS, Wording

NARROW = 340
Rows = Sequence[Mapping[str, Any]]
FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans Thai', sans-serif"


@dataclass(frozen=True)
class Frame:
    """A picture's colours and words; a narrow one is for a phone, whose text would else be too small."""

    is_narrow: bool
    palette: Palette
    t: Language
    w: Wording

    def svg(self, chart: Any, height: int, width: int = 560) -> str:
        """The chart as an SVG on a transparent ground, of that size where it is not narrow."""
        p = self.palette
        width = NARROW if self.is_narrow else width
        styled = (
            chart.properties(
                width=width,
                height=height,
                background="transparent",
                autosize=alt.AutoSizeParams(type="fit", contains="padding"),
            )
            .configure(font=FONT, padding={"left": 4, "top": 4, "right": 20, "bottom": 4})
            .configure_view(stroke=None)
            .configure_axis(
                labelColor=p.quiet,
                titleColor=p.quiet,
                titleFontWeight="normal",
                titleFontSize=13,
                labelFontSize=13,
                gridColor=p.line,
                domainColor=p.line,
                tickColor=p.line,
                labelPadding=6,
                titlePadding=8,
                labelLimit=160,
            )
            .configure_legend(
                labelColor=p.ink,
                title=None,
                labelFontSize=13,
                labelLimit=260,
                orient="top",
                symbolType="circle",
                offset=4,
            )
            .configure_text(color=p.ink, fontSize=13)
        )
        return str(
            vl_convert.vegalite_to_svg(
                styled.to_dict(), format_locale=self._numbers(), time_format_locale=self._dates()
            )
        )

    def dates(self, name: str, values: int) -> Any:
        """A horizontal axis of dates that has room for its labels."""
        most = min(values, 3 if self.is_narrow else 5)
        axis = alt.Axis(title=None, grid=False, format="%-d %b %Y", tickCount=most, labelFlush=False)
        return alt.X(f"{name}:T", axis=axis, scale=alt.Scale(type="utc", padding=16))

    def _numbers(self) -> dict[str, Any]:
        thousands, decimal = SEPARATORS[self.w.locale]
        return {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}

    def _dates(self) -> dict[str, Any]:
        months = list(self.t.months)
        weekdays = [""] * 7
        return {
            "dateTime": "%d %b %Y",
            "date": "%d %b %Y",
            "time": "%H:%M",
            "periods": ["", ""],
            "days": weekdays,
            "shortDays": weekdays,
            "months": months,
            "shortMonths": months,
        }


def chart_of(rows: Rows) -> Any:
    """An empty chart of these rows."""
    return alt.Chart(alt.InlineData(values=[dict(row) for row in rows]))


def money(title: str | None = None) -> Any:
    """An axis of money in thousands and millions: `0`, `5k`, `10k`."""
    zero = "datum.value === 0 ? '0' : datum.label"
    return alt.Axis(title=title, format="~s", tickCount=4, domain=False, ticks=False, labelExpr=zero)


def names(labels: Iterable[str], title: str | None = None) -> Any:
    """A vertical axis of names; what they are measured in is narrower than what some screens draw them in."""
    room = min(180, 8 * max(map(len, labels), default=0))
    return alt.Axis(title=title, domain=False, ticks=False, minExtent=room, labelLimit=220)
