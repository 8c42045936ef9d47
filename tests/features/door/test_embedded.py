"""The embedded DuckDB is locked: of the machine it reads the shop's files, and of the network nothing."""

import gc
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from features.door.embedded import open_duckdb


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
