"""Frames answered by several processors at once, in the order in which they came."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import pandas as pd

from features.side_by_side import side_by_side

Predict = Callable[[pd.DataFrame, date], pd.DataFrame]
Frames = tuple[pd.DataFrame, pd.DataFrame]


def predict_side_by_side(
    predict: Predict, as_of: date, frames: Iterable[Frames]
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """For each pair of `frames` (to be scored, not to be scored): the answers, and the pair.

    Answers are empty where nobody is to be scored.
    """

    def answer(pair: Frames) -> pd.DataFrame:
        scored = pair[0]
        return predict(scored, as_of) if len(scored) else scored.iloc[:0]

    for (scored, others), answers in side_by_side(answer, frames):
        yield answers, scored, others
