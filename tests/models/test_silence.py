import numpy as np
import pytest

from models.cells import Cells
from models.silence import Silence

CELLS = Cells(
    np.array([0.0, 1.0, 1.0, 7.0, 7.0]),
    np.array([0.0, 2.0, 20.0, 39.5, 6.0]),
    np.array([40.0, 40.0, 25.0, 40.0, 900.0]),
    np.array([5.0, 2.0, 1.0, 1.0, 3.0]),
)
R, ALPHA = 0.4, 8.0
LEFT = np.array([-np.inf, -1.0, -2.5])


def naive(r, alpha):
    """The sums of `odds` and `stayed` for each cell as its customers would say them."""
    left = np.repeat(LEFT, [1, 2, 2])
    shape = r + CELLS.frequency
    stayed = shape * np.log(alpha + CELLS.T)
    odds = np.logaddexp(0.0, left + stayed - shape * np.log(alpha + CELLS.recency))
    return np.average(odds, weights=CELLS.weight), np.average(stayed, weights=CELLS.weight)


def test_the_sums_are_those_of_every_cell():
    odds, stayed = naive(R, ALPHA)
    silence = Silence.of(CELLS)
    assert silence.odds(R, ALPHA, LEFT).value == pytest.approx(odds, rel=1e-12)
    assert silence.stayed(R, ALPHA)[0] == pytest.approx(stayed, rel=1e-12)


def test_the_slopes_are_those_of_the_sums():
    silence, step = Silence.of(CELLS), 1e-5
    found = silence.odds(R, ALPHA, LEFT)
    for slopes, ahead, behind in (
        ((found.log_ratio, silence.stayed(R, ALPHA)[1]), naive(R + step, ALPHA), naive(R - step, ALPHA)),
        ((found.ratio, silence.stayed(R, ALPHA)[2]), naive(R, ALPHA + step), naive(R, ALPHA - step)),
    ):
        assert slopes == pytest.approx((np.array(ahead) - behind) / (2 * step), rel=1e-7)


def test_who_never_came_back_has_left_by_nobody_s_account():
    by_count = Silence.of(CELLS).odds(R, ALPHA, LEFT).by_count
    assert by_count[0] == 0.0
    assert 0 < by_count[1] < 3 / 12
    assert 3 / 12 < by_count[2] < 4 / 12  # three have been silent for years, one bought half a day ago
