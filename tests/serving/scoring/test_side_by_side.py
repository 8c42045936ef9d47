"""Frames answered by two processors: in order, never many at once, and no answer where a frame fails."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pandas as pd
import pytest

from features.side_by_side import PROCESSORS
from serving.scoring.side_by_side import predict_side_by_side

NEW_YEAR = date(2024, 1, 1)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(PROCESSORS) as pool:
        yield pool


def pairs(count, read):
    for number in range(count):
        read.append(number)
        yield pd.DataFrame({"n": [number, number]}), pd.DataFrame({"n": [-number]})


def test_answers_come_in_the_order_of_the_frames_though_the_second_is_done_first(pool):
    second_done = threading.Event()

    def predict(frame, as_of):
        if frame.n[0] == 0:
            assert second_done.wait(10)
        if frame.n[0] == 1:
            second_done.set()
        return frame * 10

    given = list(predict_side_by_side(pool, predict, NEW_YEAR, pairs(5, [])))
    assert [(a.n[0], s.n[0], o.n[0]) for a, s, o in given] == [(10 * n, n, -n) for n in range(5)]


def test_no_more_frames_are_read_than_are_under_way(pool):
    read = []
    answered = predict_side_by_side(pool, lambda frame, as_of: frame, NEW_YEAR, pairs(100, read))
    next(answered)
    assert len(read) == PROCESSORS + 1
    answered.close()
    assert len(read) == PROCESSORS + 1


def test_an_empty_frame_is_not_asked_about(pool):
    nobody = pd.DataFrame({"n": []})
    ((answers, scored, others),) = predict_side_by_side(pool, None, NEW_YEAR, [(nobody, nobody)])
    assert len(answers) == len(scored) == len(others) == 0


def test_a_frame_that_fails_ends_the_scoring(pool):
    def predict(frame, as_of):
        raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        list(predict_side_by_side(pool, predict, NEW_YEAR, pairs(3, [])))
