"""What `tenure backtest` prints: metrics by forecaster, verdicts, and what to know about them."""

from collections.abc import Sequence

import pandas as pd
from rich.text import Text

from tenure import printing
from training.backtest import Backtest
from training.peers import OURS
from training.report import CHURN_COLUMNS, VALUE_COLUMNS, fitted_by, number
from training.verdicts import Comparison, count_words

SHORT = {
    "days since last purchase": "days\nsince last",
    "base rate": "base\nrate",
    "persistence": "persist-\nence",
    "BG/NBD x Gamma-Gamma": "BG/NBD\nx GG",
    "Pareto/NBD x Gamma-Gamma": "Pareto/\nNBD x GG",
    "LightGBM on RFM": "LightGBM\non RFM",
}


def print_backtest(found: Backtest) -> None:
    """Means over the dates, a verdict a metric, the interval's tails, the grades and the notes."""
    for title, rows, columns, comparisons, days in (
        ("Who returns", found.churn, CHURN_COLUMNS, found.churn_verdicts, found.churn_window_days),
        ("Who spends how much", found.value, VALUE_COLUMNS, found.value_verdicts, found.value_horizon_days),
    ):
        dates = rows["as_of"].drop_duplicates()
        over = f"mean over {len(dates)} dates" if len(dates) > 1 else "one date"
        printing.say(f"{title} within {days} days, {over}: {', '.join(map(str, dates))}")
        _print_metrics(rows, columns)
        _print_verdicts(comparisons)
        printing.say(
            f"{title}, of {len(comparisons)} metrics, against the best peer of each: {count_words(comparisons)}."
        )
        printing.say("")
    ours = found.value[found.value["forecaster"] == OURS]
    above, below = (ours[name].mean() for name in ("share_above_high", "share_below_low"))
    right = found.churn_hindsights[0].question.above_high
    printing.say(
        f"Of those whose clv_high is above zero, {_share(above)} spent more than it ({right}); of those whose "
        f"clv_low is above zero, {_share(below)} spent less (at most 10% is right)."
    )
    printing.say(
        "ece_noise_floor is the ece of a perfect model at this many customers; mae is of our median."
    )
    for sentence in (*fitted_by(found), *found.notes):
        printing.say(sentence)
    grade = found.grade
    printing.say(f"Grade for churn: {grade.churn or 'none'}. {grade.churn_sentence}")
    printing.say(f"Grade for value: {grade.value or 'none'}. {grade.value_sentence}")


def _print_metrics(rows: pd.DataFrame, columns: Sequence[str]) -> None:
    means = rows.groupby("forecaster", sort=False)[list(columns)].mean().T
    printing.plain_table(
        ("", *(SHORT.get(str(name), str(name)) for name in means.columns)),
        ((str(metric), *(number(value) for value in row)) for metric, row in means.iterrows()),
    )


def _print_verdicts(comparisons: Sequence[Comparison]) -> None:
    colours = {"better": "green", "worse": "red", "equal": ""}
    printing.plain_table(
        ("", "Tenure", "best peer", "theirs", "difference", "95% interval", "verdict"),
        (
            (
                one.metric,
                number(one.ours),
                SHORT.get(one.best_peer, one.best_peer).replace("-\n", "").replace("\n", " "),
                number(one.theirs),
                number(one.difference.mean),
                f"{number(one.difference.low)} to {number(one.difference.high)}",
                Text(one.word, style=colours[one.word]),
            )
            for one in comparisons
        ),
    )


def _share(share: float) -> str:
    return f"{share:.1%}" if share == share else "nobody"
