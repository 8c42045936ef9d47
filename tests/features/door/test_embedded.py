"""The embedded DuckDB is locked: of the machine it reads the shop's files, and of the network nothing."""

import gc
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from features.door.embedded import open_duckdb
from features.rows import KEPT, count_rows, keep, keep_by_customer, record_batches


@pytest.fixture
def con(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "it.csv").write_text("a\n1\n")
    (tmp_path / "other.csv").write_text("a\n1\n")
    return open_duckdb(None, [tmp_path / "shop"], memory_limit="100MB", threads=1)


def test_it_reads_the_shops_folder_and_no_other(con, tmp_path):
    assert con.raw_sql(f"FROM '{tmp_path}/shop/it.csv'").fetchall() == [(1,)]
    for refused in (
        f"{tmp_path}/other.csv",
        f"{tmp_path}/shop/../other.csv",
        "/etc/passwd",
        "https://example.org/x.csv",
    ):
        with pytest.raises(duckdb.Error):
            con.raw_sql(f"FROM read_csv('{refused}')").fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO '/tmp/tenure-test-out.csv'",
        "ATTACH '/tmp/tenure-test.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '10GB'",
        "SET allowed_directories = ['/']",
    ],
)
def test_it_writes_nothing_and_stays_locked(con, statement):
    with pytest.raises(duckdb.Error):
        con.raw_sql(statement).fetchall()


def test_it_sees_no_data_frame_of_the_program(con):
    customers = pd.DataFrame({"customer_id": ["A"]})
    assert len(customers) == 1
    with pytest.raises(duckdb.Error, match="customers"):
        con.raw_sql("FROM customers").fetchall()


def test_what_does_not_fit_in_memory_goes_to_a_folder_that_is_removed():
    con = open_duckdb(None, [], memory_limit="50MB", threads=1)
    (spill,) = con.raw_sql("SELECT current_setting('temp_directory')").fetchone()
    con.raw_sql("CREATE TEMP TABLE large AS SELECT range AS id, md5(range::text) AS name FROM range(3000000)")
    assert con.raw_sql("SELECT count(DISTINCT id) FROM large").fetchone() == (3_000_000,)
    assert any(Path(spill).iterdir())
    con.disconnect()
    del con
    gc.collect()
    assert not Path(spill).exists()


def test_a_kept_table_is_in_a_file_without_a_name_for_as_long_as_it_is_referred_to():
    con = open_duckdb(None, [], memory_limit="100MB", threads=1, keep_on_disk=True)
    con.raw_sql("CREATE TEMP TABLE given AS SELECT range AS id FROM range(1000)")
    read = keep(con.table("given", database="temp.main"))
    admitted = keep(read.filter(read.id >= 10))
    assert len(kept_tables(con)) == 2
    del read
    gc.collect()
    assert len(kept_tables(con)) == 1
    assert count_rows(admitted) == 990
    ((spill,),) = con.raw_sql("SELECT current_setting('temp_directory')").fetchall()
    assert list(Path(spill).iterdir()) == []


def test_a_table_kept_by_customer_has_the_newest_day_of_each_first():
    con = open_duckdb(None, [], memory_limit="100MB", threads=2, keep_on_disk=True)
    con.raw_sql(
        "CREATE TEMP TABLE given AS SELECT 'c' || (range * 7919 % 5000) AS customer_id, "
        "DATE '2024-01-01' + (range * 31 % 400)::INTEGER AS day FROM range(300000)"
    )
    given = con.table("given", database="temp.main")
    kept = keep_by_customer(given).to_pyarrow().to_pylist()
    assert kept == sorted(kept, key=lambda row: (row["customer_id"], -row["day"].toordinal()))
    assert len(kept) == 300_000


def test_a_table_may_go_while_another_is_being_read():
    con = open_duckdb(None, [], memory_limit="100MB", threads=1, keep_on_disk=True)
    con.raw_sql("CREATE TEMP TABLE given AS SELECT range AS id FROM range(100000)")
    given = con.table("given", database="temp.main")
    kept = keep(given)
    batches = record_batches(given, 100)
    rows = len(next(batches))
    del kept
    gc.collect()
    assert rows + sum(len(batch) for batch in batches) == 100_000
    assert kept_tables(con) == []


def kept_tables(con):
    rows = con.raw_sql(f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{KEPT}'").fetchall()
    return [name for (name,) in rows]
