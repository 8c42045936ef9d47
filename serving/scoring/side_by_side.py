"""Frames answered by several processors at once, in the order in which they came."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from datetime import date

import pandas as pd

from features.side_by_side import in_order
from serving.scoring.workers import Predict

Frames = tuple[pd.DataFrame, pd.DataFrame]


def predict_side_by_side(
    pool: Executor, predict: Predict, as_of: date, frames: Iterable[Frames]
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """For each pair of `frames` (to be scored, not to be scored): the answers, and the pair.

    Answers are empty where nobody is to be scored.
    """

    def submit(pair: Frames) -> Future[pd.DataFrame]:
        scored = pair[0]
        if len(scored):
            return pool.submit(predict, scored, as_of)
        nobody: Future[pd.DataFrame] = Future()
        nobody.set_result(scored.iloc[:0])
        return nobody

    for (scored, others), answers in in_order(submit, frames):
        yield answers, scored, others
