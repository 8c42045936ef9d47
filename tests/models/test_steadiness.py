"""Drawers with margins: who is near an edge stays where they were, who is beyond it moves."""

import pandas as pd
import pytest

from models.steadiness import Drawers

BANDS = Drawers(("low", "medium", "high"), (0.4, 0.7), (0.02, 0.02))


@pytest.mark.parametrize(
    ("plain", "value", "before", "kept"),
    [
        ("high", 0.71, "medium", "medium"),
        ("high", 0.72, "medium", "high"),
        ("medium", 0.69, "high", "high"),
        ("medium", 0.6799, "high", "medium"),
        ("medium", 0.41, "low", "low"),
        ("low", 0.385, "medium", "medium"),
        ("high", 0.71, "low", "high"),  # two bands away is no flapping
        ("high", 0.71, None, "high"),  # was not there
        ("high", 0.95, "high", "high"),
    ],
)
def test_a_customer_near_an_edge_keeps_the_band_of_the_batch_before(plain, value, before, kept):
    found = BANDS.keep(pd.Series([plain], dtype="str"), pd.Series([value]), pd.Series([before], dtype=object))
    assert list(found) == [kept]


def test_near_is_exactly_where_a_band_may_differ():
    values = pd.Series([0.3799, 0.38, 0.4, 0.4199, 0.4201, 0.6801, 0.7199, 0.7201, None])
    assert list(BANDS.near(values)) == [False, True, True, True, False, True, True, False, False]
