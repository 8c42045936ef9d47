"""The shop's own days, against Python's time zones."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.door.local_time import local_day, utc_of_local
from features.errors import ConfigurationError

ZONES = ["UTC", "Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"]
moments = st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def con():
    return ibis.duckdb.connect(threads=1)


def on(con, at):
    return con.create_table(
        ibis.util.gen_name("at"), pa.table({"at": pa.array(at, pa.timestamp("us"))}), temp=True
    )


@pytest.mark.parametrize("zone", ZONES)
@given(at=moments)
@settings(max_examples=10, deadline=None)
def test_a_day_is_what_the_shops_calendar_shows(con, zone, at):
    days = on(con, at).select(day=lambda t: local_day(t.at, zone, "duckdb")).to_pyarrow()["day"].to_pylist()
    assert days == [moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() for moment in at]


def test_the_day_turns_at_the_shops_midnight_on_both_sides_of_the_clock_change(con):
    at = [
        datetime(2024, 3, 30, 23, 59),
        datetime(2024, 3, 31, 0, 0),
        datetime(2024, 3, 31, 22, 59),
        datetime(2024, 3, 31, 23, 0),
    ]
    days = on(con, at).select(day=lambda t: local_day(t.at, "Europe/London", "duckdb")).to_pyarrow()["day"]
    assert [str(day) for day in days.to_pylist()] == ["2024-03-30", "2024-03-31", "2024-03-31", "2024-04-01"]


@pytest.mark.parametrize("zone", ZONES)
def test_a_local_midnight_falls_on_its_own_day_even_where_clocks_skip_it(con, zone):
    midnights = [
        datetime(2018, 11, 4),
        datetime(2024, 3, 31),
        datetime(2024, 10, 27),
    ]  # Brazil skipped the first
    utc = on(con, midnights).select(at=lambda t: utc_of_local(t.at, zone, "duckdb"))
    days = utc.select(day=local_day(utc.at, zone, "duckdb")).to_pyarrow()["day"].to_pylist()
    assert days == [midnight.date() for midnight in midnights]


def test_an_engine_whose_words_are_not_known_counts_days_in_utc_only():
    at = ibis.table({"at": "timestamp"}, name="log").at
    assert local_day(at, "UTC", "bigquery").type().is_date()
    with pytest.raises(
        ConfigurationError, match=r'on bigquery .* only be counted in UTC. Set timezone = "UTC"'
    ):
        local_day(at, "Asia/Tokyo", "bigquery")
