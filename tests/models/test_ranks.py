import numpy as np

from models.ranks import learn_edges, level


def test_fifths_of_ten_different_values_hold_two_each():
    values = np.arange(1.0, 11.0)
    assert level(values, learn_edges(values, 5)).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_where_all_are_alike_all_are_in_the_middle():
    assert level([7.0, 7.0, 7.0], learn_edges([7.0, 7.0, 7.0], 5)).tolist() == [2, 2, 2]
    assert level([7.0], learn_edges([7.0], 5)).tolist() == [2]


def test_a_value_shared_by_many_stands_in_the_middle_of_their_groups():
    values = [0.0] * 6 + [1.0, 2.0, 3.0, 4.0]
    assert level(values, learn_edges(values, 5)).tolist() == [1] * 6 + [3, 3, 4, 4]


def test_values_beyond_the_training_are_at_the_ends():
    edges = learn_edges(np.arange(100.0), 4)
    assert level([-1e300, 1e300, np.inf], edges).tolist() == [0, 3, 3]


def test_missing_values_teach_nothing():
    assert learn_edges([np.nan, 1.0, np.nan, 3.0], 2) == (2.0,)
    assert learn_edges([np.nan], 5) == ()
    assert level([3.0], ()).tolist() == [0]
