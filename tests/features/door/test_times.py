"""Times as people and programs write them, against Python's own reading of them."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.door.cells import read_cells
from features.door.tables import Column

AT = Column("at", "time", required=True)


@pytest.fixture(scope="module")
def read_times():
    """Each text's moment in UTC, or what is wrong with it."""
    con = ibis.duckdb.connect(threads=1)
    given = ibis.table({"tenure_row": "int64", "at": "string"}, name="given")

    @cache
    def statement(written, zone):
        formats = {} if written is None else {"at": written}
        table, values, faults = read_cells(given, "log", [AT], formats, zone, "duckdb", whole_ids=False)
        found = table.select("tenure_row", value=values["at"], fault=faults["at"]).order_by("tenure_row")
        return ibis.to_sql(found, dialect="duckdb")

    def read(texts, written=None, zone="UTC"):
        rows = pa.array(range(len(texts)), pa.int64())
        con.con.register("given", pa.table({"tenure_row": rows, "at": pa.array(texts, pa.string())}))
        return [fault or value for _, value, fault in con.raw_sql(statement(written, zone)).fetchall()]

    return read


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31", datetime(2024, 1, 31)),
        ("2024-02-29", datetime(2024, 2, 29)),
        ("2000-02-29", datetime(2000, 2, 29)),
        (" 2024-01-31\n", datetime(2024, 1, 31)),
        ("2024-01-31T10:15", datetime(2024, 1, 31, 10, 15)),
        ("2024-01-31 10:15:07", datetime(2024, 1, 31, 10, 15, 7)),
        ("2024-01-31T10:15:07Z", datetime(2024, 1, 31, 10, 15, 7)),
        ("2024-01-31 10:15:07 UTC", datetime(2024, 1, 31, 10, 15, 7)),
        ("2024-01-31T10:15:07.5", datetime(2024, 1, 31, 10, 15, 7, 500_000)),
        ("2024-01-31T10:15:07,123456789", datetime(2024, 1, 31, 10, 15, 7, 123_456)),
        ("2024-01-31T10:15:07+02:00", datetime(2024, 1, 31, 8, 15, 7)),
        ("2024-01-31T10:15:07-0530", datetime(2024, 1, 31, 15, 45, 7)),
        ("2024-01-31T10:15:07+02", datetime(2024, 1, 31, 8, 15, 7)),
        ("2024-01-01T00:30:00+01:00", datetime(2023, 12, 31, 23, 30)),
        ("1970-01-01T00:00:01", datetime(1970, 1, 1, 0, 0, 1)),
        ("2200-12-31T23:59:59", datetime(2200, 12, 31, 23, 59, 59)),
    ],
)
def test_iso_8601_is_read_and_brought_to_utc(read_times, text, moment):
    assert read_times([text]) == [moment]


def test_what_is_not_iso_8601_is_not_guessed_at(read_times):
    texts = [
        "31.01.2024",
        "01/02/2024",
        "2024-1-31",
        "2024-01-32",
        "2024-13-01",
        "2024-02-30",
        "1900-02-29",
        "2100-02-29",
        "20240131",
        "2024-W05-3",
        "2024-01-31T25:00",
        "2024-01-31T10:60",
        "2024-01-31T24:00:00",
        "2024-01-31T10",
        "2024-01-31Z",
        "2024-01-31T10:15:07 CET",
        "2024-01-31T10:15:07+25:00",
        "now",
        "infinity",
        "١٤٤٥-٠٧-١٩",
    ]
    assert dict(zip(texts, read_times(texts), strict=True)) == dict.fromkeys(texts, "is not a time")


def test_years_outside_1970_to_2200_are_told_apart_from_no_time(read_times):
    texts = ["0000-01-01", "0001-01-01", "1969-12-31", "2201-01-01", "9999-12-31", "1970-01-01T00:30+01:00"]
    assert set(read_times(texts)) == {"is before 1970 or after 2200"}
    assert read_times(["1970-01-01"]) == ["is 1970-01-01 00:00, the usual stand-in for no time"]


@pytest.mark.parametrize(
    ("written", "text", "moment"),
    [
        ("%d/%m/%Y", "31/01/2024", datetime(2024, 1, 31)),
        ("%d/%m/%Y", "1/2/2024", datetime(2024, 2, 1)),
        ("%m/%d/%Y %H:%M", "1/2/2024 3:05", datetime(2024, 1, 2, 3, 5)),
        ("%m/%d/%Y %I:%M %p", "01/31/2024 12:05 AM", datetime(2024, 1, 31, 0, 5)),
        ("%m/%d/%Y %I:%M %p", "1/31/2024 12:05 pm", datetime(2024, 1, 31, 12, 5)),
        ("%Y%m%d", "20240131", datetime(2024, 1, 31)),
        ("%Y%m%d%H%M%S", "20240131101507", datetime(2024, 1, 31, 10, 15, 7)),
        ("%d.%m.%Y, %H:%M:%S.%f", "31.01.2024, 10:15:07.25", datetime(2024, 1, 31, 10, 15, 7, 250_000)),
        ("%Y^%m^%d", "2024^01^31", datetime(2024, 1, 31)),
        ("%d-%m-%Y %H:%M%z", "31-01-2024 10:15+0200", datetime(2024, 1, 31, 8, 15)),
        ("epoch_seconds", "1706702400", datetime(2024, 1, 31, 12)),
        ("epoch_milliseconds", "1706702400999", datetime(2024, 1, 31, 12)),
        ("%d/%m/%Y", "2024-01-31", "is not a time"),
        ("%d/%m/%Y", "30/02/2024", "is not a time"),
        ("%d/%m/%Y", "1/13/2024", "is not a time"),
        ("%Y%m%d", "2024131", "is not a time"),
        ("%d/%m/%Y", "01/01/9999", "is before 1970 or after 2200"),
        ("epoch_seconds", "1706702400000", "is before 1970 or after 2200"),
        ("epoch_seconds", "12:00", "is not a time"),
    ],
)
def test_a_format_that_is_named_is_the_only_one_read(read_times, written, text, moment):
    assert read_times([text], written) == [moment]


def test_a_day_is_the_shops_own_and_a_time_without_zone_is_utc(read_times):
    texts = ["2024-03-31", "2024-03-31T00:00", "2024-10-27", "2024-10-27T00:00+02:00"]
    assert read_times(texts, zone="Europe/Berlin") == [
        datetime(2024, 3, 30, 23),
        datetime(2024, 3, 31),
        datetime(2024, 10, 26, 22),
        datetime(2024, 10, 26, 22),
    ]


moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1))
zones = st.sampled_from([None, UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=11))])


@given(st.lists(st.tuples(moments, zones, st.sampled_from("T "))))
@settings(max_examples=40, deadline=None)
def test_times_that_python_writes_are_those_that_are_read(read_times, written):
    texts = [moment.replace(tzinfo=zone).isoformat(sep) for moment, zone, sep in written]
    expected = [
        moment - (zone.utcoffset(None) if zone is not None else timedelta()) for moment, zone, _ in written
    ]
    assert read_times(texts) == expected


@given(
    st.lists(st.dates(date(1971, 1, 1), date(2200, 12, 31))),
    st.sampled_from(["%d/%m/%Y", "%Y%m%d", "%m-%d-%Y"]),
)
@settings(max_examples=30, deadline=None)
def test_days_that_python_writes_in_a_format_are_those_that_are_read(read_times, days, written):
    expected = [datetime(day.year, day.month, day.day) for day in days]
    assert read_times([day.strftime(written) for day in days], written) == expected


@given(st.lists(st.text(max_size=30), max_size=10))
@settings(max_examples=40, deadline=None)
def test_any_text_is_a_time_or_is_told(read_times, texts):
    kept = [text.encode("utf-8", "ignore").decode() for text in texts]
    told = {"is empty", "is not a time"}
    assert all(found in told or isinstance(found, datetime) for found in read_times(kept))
