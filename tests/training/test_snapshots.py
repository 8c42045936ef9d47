"""The past dates that a model may learn from."""

from datetime import date, timedelta

import pytest

from training.snapshots import Snapshot, schedule_snapshots


def test_ninety_day_windows_of_a_nine_month_log():
    snapshots = schedule_snapshots(date(2010, 12, 1), date(2011, 9, 9), 90)
    assert [(one.as_of, one.window_days) for one in snapshots] == [
        (date(2011, 6, 11), 90),
        (date(2011, 5, 12), 90),
        (date(2011, 4, 12), 90),
        (date(2011, 3, 13), 90),
        (date(2011, 2, 11), 90),
        (date(2011, 7, 26), 45),
        (date(2011, 8, 18), 22),
    ]


def test_newest_full_window_and_the_short_ones_close_at_as_of():
    as_of = date(2020, 1, 1)
    snapshots = schedule_snapshots(date(2017, 1, 1), as_of, 60)
    assert snapshots[0] == Snapshot(date(2019, 11, 2), 60, 1.0)
    assert [one.closes_at for one in snapshots[-2:]] == [as_of, as_of]
    assert [one.weight for one in snapshots[-2:]] == [0.05, 0.05]


@pytest.mark.parametrize("window_days", [1, 7, 30, 90, 100, 365])
def test_no_window_ends_after_the_date_it_predicts_from(window_days):
    as_of = date(2020, 1, 1)
    first_day = date(2015, 6, 1)
    for snapshot in schedule_snapshots(first_day, as_of, window_days):
        assert snapshot.closes_at <= as_of
        assert snapshot.as_of >= first_day + timedelta(days=30)


def test_windows_a_whole_number_of_years_before_are_marked_unless_they_are_longer_than_a_season():
    def marked(window_days):
        snapshots = schedule_snapshots(date(2015, 6, 1), date(2020, 1, 1), window_days)
        return [one.as_of for one in snapshots if one.is_same_season]

    assert marked(90) == [date(2019, 1, 1), date(2018, 1, 1), date(2017, 1, 1)]
    assert marked(365) == []


def test_the_same_season_is_taken_three_years_back():
    as_of = date(2020, 1, 1)
    starts = {one.as_of for one in schedule_snapshots(date(2015, 6, 1), as_of, 90)}
    assert {as_of - timedelta(days=365 * years) for years in (1, 2, 3)} <= starts


def test_weights_halve_every_two_windows():
    weights = {one.as_of: one.weight for one in schedule_snapshots(date(2015, 6, 1), date(2020, 1, 1), 90)}
    assert weights[date(2019, 10, 3)] == 1.0
    assert weights[date(2019, 10, 3) - timedelta(days=180)] == 0.5


def test_a_log_shorter_than_a_window_and_its_history_has_no_snapshot():
    assert schedule_snapshots(date(2020, 1, 1), date(2020, 5, 1), 90) == ()
    assert len(schedule_snapshots(date(2020, 1, 1), date(2020, 5, 15), 90)) == 3


def test_a_third_of_a_window_earlier_is_the_same_date_for_the_schedule_of_a_window_ago():
    # What was built to learn serves again to grade on a date one window earlier.
    first_day, as_of = date(2015, 6, 1), date(2020, 1, 1)
    now = {one.as_of for one in schedule_snapshots(first_day, as_of, 100) if one.window_days == 100}
    before = schedule_snapshots(first_day, as_of - timedelta(days=100), 100)
    assert {one.as_of for one in before[:5]} <= now
