"""How far the same season of earlier years was off, told from simulated past windows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from training.examples import Examples
from training.season import level_returns, level_spend, season_shift

CUSTOMERS = 2_000


def examples(off: list[float], years_before: list[bool]) -> tuple[Examples, np.ndarray]:
    """One full window per entry of `off`, and a short one at the end that does not count; and the model's logits."""
    random = np.random.default_rng(1)
    logit = random.normal(size=CUSTOMERS * (len(off) + 1))
    date = np.repeat(np.arange(len(off) + 1), CUSTOMERS)
    returned = (random.random(len(date)) < expit(logit + np.array([*off, 2.0])[date])).astype(float)
    is_full = date < len(off)
    same = np.array([*years_before, False])[date]
    empty = pd.DataFrame(index=range(len(date)))
    return Examples(
        empty, returned, returned, np.ones(len(date)), is_full, date, same, same, len(date), 0.0
    ), logit


def test_what_the_same_season_was_off_is_added():
    shift = season_shift(*examples([0.3, 0.2, 0.0, -0.2, -0.3, -0.4], [False] * 5 + [True]))
    assert shift == pytest.approx(-0.4, abs=0.1)


def test_two_years_before_are_averaged():
    shift = season_shift(*examples([0.3, 0.0, -0.3, 0.5, 0.3], [False] * 3 + [True] * 2))
    assert shift == pytest.approx(0.4, abs=0.1)


def test_in_a_shop_without_seasons_there_is_next_to_none():
    assert abs(season_shift(*examples([0.0] * 8, [False] * 7 + [True]))) < 0.05


def test_a_season_that_was_never_seen_moves_nothing():
    assert season_shift(*examples([0.3, 0.0, -0.3], [False] * 3)) == 0.0


def test_on_every_date_as_many_are_expected_as_came_and_as_much_as_was_spent():
    past, logit = examples([0.3, -0.3], [False, True])
    expected = level_spend(past, expit(logit))
    for number in range(3):
        rows = past.date == number
        assert expit(level_returns(past, logit))[rows].sum() == pytest.approx(past.returned[rows].sum())
        assert expected[rows].sum() == pytest.approx(past.spend[rows].sum())


def test_a_window_in_which_everybody_returned_is_no_trouble():
    past, logit = examples([0.0, 0.0, 0.0], [False, False, True])
    returned = np.where(past.date == 2, 1.0, past.returned)
    everybody = replace(past, returned=returned, spend=returned)
    assert 2.0 < season_shift(everybody, logit) <= 3.0
