"""Tenure and its peers on one past date: what each had said, and what then happened."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from training.cumulative import cumulative_purchases
from training.held_out import HeldOut
from training.past import Past
from training.peers import OURS, PeerForecast, peers_of
from training.question import Question


@dataclass(frozen=True)
class Hindsight:
    """One past date and window: `forecasts` holds an answer per forecaster for the rows of `outcomes`.

    `outcomes` is `HeldOut.judged`: our answer beside `returned` (0 or 1) and `spend` (shop currency).
    `tracked` is `training.cumulative.cumulative_purchases`, `question` what the returns are called.
    """

    as_of: date
    window_days: int
    outcomes: pd.DataFrame
    forecasts: dict[str, PeerForecast]
    tracked: pd.DataFrame
    question: Question


def look_back(past: Past, held: HeldOut) -> Hindsight:
    """Ask every peer what it would have said."""
    ours = PeerForecast(held.judged["p_return"].to_numpy(float), held.judged["clv"].to_numpy(float))
    theirs = {name: ask(held.view) for name, ask in peers_of(held.view).items()}
    return Hindsight(
        held.as_of,
        held.window_days,
        held.judged,
        {OURS: ours, **theirs},
        cumulative_purchases(past, held),
        Question.of(held.view.features),
    )
