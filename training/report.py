"""The backtest as one HTML file that needs nothing else: pictures, the numbers beside them, verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import isfinite
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from models.cells import Floats
from training import pictures
from training.backtest import Backtest
from training.curves import captured, deciles, reliability, shares, tails
from training.hindsight import Hindsight

CHURN_COLUMNS = (
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier_score",
    "ece",
    "ece_noise_floor",
    "lift_at_10pct",
)
VALUE_COLUMNS = (
    "normalized_gini",
    "spearman",
    "mae",
    "rmse",
    "decile_mape",
    "total_bias",
    "top_decile_capture",
)
TRACKED_ROWS = 10


@dataclass(frozen=True)
class Figure:
    """A picture and the table it was drawn from; `caption` says how to read it."""

    title: str
    caption: str
    picture: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def render_report(found: Backtest, shop: str) -> str:
    """The whole page; `shop` is what the reader calls the shop and may be any text."""
    return _template().render(
        found=found,
        shop=shop,
        metrics=(
            ("Who returns", found.churn_window_days, _means(found.churn, CHURN_COLUMNS)),
            ("Who spends how much", found.value_horizon_days, _means(found.value, VALUE_COLUMNS)),
        ),
        churn=[(hindsight, _churn_figures(hindsight)) for hindsight in found.churn_hindsights],
        value=[(hindsight, _value_figures(hindsight)) for hindsight in found.value_hindsights],
        by_date=(_by_date(found.churn, CHURN_COLUMNS), _by_date(found.value, VALUE_COLUMNS)),
        fitted=fitted_by(found),
        number=number,
    )


def write_report(found: Backtest, shop: str, path: Path) -> None:
    """Put the page at `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(render_report(found, shop), encoding="utf-8")
    partial.replace(path)


def fitted_by(found: Backtest) -> list[str]:
    """Sentences: which of the textbook's models lifetimes could fit, and on which dates."""
    noted = found.churn[found.churn["note"] != ""]
    sentences = []
    for name, rows in noted.groupby("forecaster", sort=False):
        whose = {
            str(note): ", ".join(map(str, days)) for note, days in rows.groupby("note", sort=False)["as_of"]
        }
        told = "; ".join(f"{note} on {days}" if len(whose) > 1 else note for note, days in whose.items())
        sentences.append(f"{name}: {told}.")
    return sentences


def number(value: float | None) -> str:
    """Four digits after the point, fewer of large numbers; a dash for what cannot be told."""
    if value is None or not isfinite(value):
        return "–"
    if abs(value) < 10:
        return f"{value:.4f}"
    return f"{value:,.2f}" if abs(value) < 10_000 else f"{value:,.0f}"


def _means(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """One row per metric, one column per forecaster: the mean over the dates."""
    means: pd.DataFrame = rows.groupby("forecaster", sort=False)[list(columns)].mean().T
    return means


def _by_date(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return rows[["as_of", "forecaster", *columns]]


def _churn_figures(hindsight: Hindsight) -> list[Figure]:
    outcomes, question = hindsight.outcomes, hindsight.question
    churned = 1 - outcomes["returned"].to_numpy(float)
    probability = 1 - outcomes["p_return"].to_numpy(float)
    bins = reliability(churned, probability)
    points = _gains(churned, probability, question.silence)
    return [
        _figure(
            "Calibration",
            "Customers in bins of predicted churn probability. On the dashed line, as many left as was said.",
            partial(pictures.draw_reliability, did=question.did),
            bins,
            ("from", "to", "customers", "predicted", f"did not {question.did}"),
            [
                (
                    f"{row['low']:.0%}",
                    f"{row['high']:.0%}",
                    f"{row['customers']:,}",
                    f"{row['mean_probability']:.1%}",
                    f"{row['churned'] / row['customers']:.1%}",
                )
                for row in bins
            ],
        ),
        _figure(
            "Gains",
            "The share of all churners found by a list of the likeliest. The dashed line is a random list.",
            partial(pictures.draw_gains, by=question.by),
            points,
            ("on the list", "found by Tenure", f"by {question.by}"),
            [
                (f"{row['share']:.0%}", f"{row['captured']:.1%}", f"{row['by_silence']:.1%}")
                for row in points[2::2]
            ],
        ),
        _tracking(hindsight),
    ]


def _value_figures(hindsight: Hindsight) -> list[Figure]:
    outcomes = hindsight.outcomes
    spend, clv, low, high = (
        outcomes[name].to_numpy(float) for name in ("spend", "clv", "clv_low", "clv_high")
    )
    tenths, outside = deciles(spend, clv), tails(spend, clv, low, high)
    return [
        _figure(
            "Deciles",
            "Mean spend predicted and actual of each tenth of the customers along the prediction.",
            pictures.draw_deciles,
            tenths,
            ("tenth", "customers", "predicted", "actual"),
            [
                (
                    str(row["decile"]),
                    f"{row['customers']:,}",
                    f"{row['predicted']:,.2f}",
                    f"{row['actual']:,.2f}",
                )
                for row in tenths
            ],
        ),
        _figure(
            "Interval",
            "Of the customers whose bound is above zero, the share that spent beyond it. Above clv_high "
            f"{hindsight.question.above_high}; below clv_low at most a tenth. The picture leaves out shares of fewer "
            "than 20 customers.",
            pictures.draw_tails,
            outside,
            ("customers by clv", "judged", "above clv_high", "judged", "below clv_low"),
            [
                (
                    row["customers_by_clv"],
                    f"{row['judged_high']:,}",
                    _share(row["above_high"]),
                    f"{row['judged_low']:,}",
                    _share(row["below_low"]),
                )
                for row in outside
            ],
        ),
    ]


def _tracking(hindsight: Hindsight) -> Figure:
    tracked = hindsight.tracked
    shown = tracked.iloc[:: max(1, len(tracked) // TRACKED_ROWS)]
    shown = shown if shown.index[-1] == tracked.index[-1] else pd.concat([shown, tracked.iloc[[-1]]])
    return _figure(
        "Tracking",
        "Purchase days of all customers, added up through the window: expected by the model, and actual.",
        pictures.draw_tracking,
        tracked,
        ("days", "expected", "actual", "difference"),
        [
            (
                f"{days:,.0f}",
                f"{expected:,.0f}",
                f"{actual:,.0f}",
                f"{expected / actual - 1:+.1%}" if actual else "–",
            )
            for days, actual, expected in shown[["days", "actual", "expected"]].to_numpy(float).tolist()
        ],
    )


def _gains(churned: Floats, probability: Floats, silence: Floats) -> list[dict[str, float]]:
    found = zip(shares(), captured(churned, probability), captured(churned, silence), strict=True)
    return [{"share": share, "captured": ours, "by_silence": theirs} for share, ours, theirs in found]


def _figure(
    title: str,
    caption: str,
    draw: Callable[[Any], str],
    table: Any,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
) -> Figure:
    # The picture is ours: drawn here from numbers, and from no text of the shop.
    return Figure(title, caption, Markup(draw(table)), columns, tuple(rows))


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).with_name("templates"))
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("backtest.html")
