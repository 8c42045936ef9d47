"""Frames answered by two processors at once, in the order in which the engine gave them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

import pandas as pd

PROCESSORS = 2
"""LightGBM and NumPy leave Python's lock alone while they work. Each frame under way takes memory."""

Predict = Callable[[pd.DataFrame, date], pd.DataFrame]
Frames = tuple[pd.DataFrame, pd.DataFrame]


def predict_side_by_side(
    predict: Predict, as_of: date, frames: Iterable[Frames]
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """For each pair of `frames` (to be scored, not to be scored): the answers, and the pair.

    Answers are empty where nobody is to be scored. While frames are answered, the next ones are read, from the
    calling thread alone: at most one more than there are processors are held.
    """
    with ThreadPoolExecutor(PROCESSORS) as pool:
        under_way: deque[tuple[Future[pd.DataFrame], Frames]] = deque()
        try:
            for pair in frames:
                under_way.append((pool.submit(_answer, predict, as_of, pair[0]), pair))
                if len(under_way) > PROCESSORS:
                    yield _next(under_way)
            while under_way:
                yield _next(under_way)
        finally:
            for waiting, _ in under_way:
                waiting.cancel()


def _answer(predict: Predict, as_of: date, scored: pd.DataFrame) -> pd.DataFrame:
    return predict(scored, as_of) if len(scored) else scored.iloc[:0]


def _next(
    under_way: "deque[tuple[Future[pd.DataFrame], Frames]]",
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    answers, (scored, others) = under_way.popleft()
    return answers.result(), scored, others
