import numpy as np

from models.packing import Packing

FREQUENCY, AGE = np.array([3.0, 0.0, 3.0, 11.0]), np.array([700.0, 5.0, 20.0, 0.0])


def test_rows_come_out_as_they_went_in():
    packing = Packing.of([FREQUENCY, AGE])
    frequency, age = packing.unpack(packing.pack([FREQUENCY, AGE]))
    assert (frequency.tolist(), age.tolist()) == (FREQUENCY.tolist(), AGE.tolist())


def test_packed_rows_sort_like_rows():
    packed = Packing.of([FREQUENCY, AGE]).pack([FREQUENCY, AGE])
    assert np.argsort(packed).tolist() == [1, 2, 0, 3]


def test_what_is_not_whole_or_too_large_is_not_packed():
    assert Packing.of([FREQUENCY, AGE / 7]) is None
    assert Packing.of([FREQUENCY, AGE - 1]) is None
    assert Packing.of([FREQUENCY, AGE * 1e14]) is None
    assert Packing.of([FREQUENCY, np.array([1.0, np.nan, 1.0, 1.0])]) is None
    assert Packing.of([np.array([])]) is None
