"""Where tables come from: files of all sorts, good and bad, and databases."""

import gzip
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.door.open import DataSettings, open_shop
from features.errors import ConfigurationError, DataError

CSV = "order_id,customer_id,ordered_at,amount\n1,A,2024-01-01,1.5\n2,B,2024-01-02,2\n"
NOON = datetime(2024, 1, 31, 12)


@pytest.fixture
def open_file(tmp_path):
    """A shop whose purchases are the file (bytes) or the Parquet columns (a dictionary) of that name."""

    def open_shop_of(name, content=None, **settings):
        if isinstance(content, bytes):
            (tmp_path / name).write_bytes(content)
        elif content is not None:
            pq.write_table(pa.table(columns(**content)), tmp_path / name)
        defaults = {"purchases": name, "quarantine": "rejected", "max_rejected_share": 1.0}
        return open_shop(DataSettings(**(defaults | settings)), tmp_path)

    return open_shop_of


def columns(**other):
    """Three good orders as Arrow columns, with other columns beside or instead."""
    good = {
        "order_id": pa.array([1, 2, 3]),
        "customer_id": pa.array(["A", "B", "C"]),
        "ordered_at": pa.array([NOON] * 3),
        "amount": pa.array([1.0, 2.0, 3.0]),
    }
    return good | other


def column(shop, name):
    return shop.purchases.order_by("order_id").to_pyarrow()[name].to_pylist()


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        b"\xef\xbb\xbf" + CSV.encode(),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace(",", ";").encode(),
        CSV.replace(",", "\t").encode(),
        b"\n\n" + CSV.encode(),
        CSV.rstrip("\n").encode(),
        gzip.compress(CSV.encode()),
        CSV.replace("A", '"A"').replace("1.5", '" 1.5 "').encode(),
    ],
    ids=["plain", "BOM", "CRLF", "semicolons", "tabs", "blank lines", "no last line end", "gzip", "quoted"],
)
def test_csv_as_programs_write_it_is_read(open_file, content):
    shop = open_file("orders.csv", content)
    assert column(shop, "customer_id") == ["A", "B"]
    assert column(shop, "amount") == [1.5, 2.0]


def test_nothing_is_guessed_from_the_look_of_a_column(open_file):
    log = b"order_id,customer_id,ordered_at,amount\n01,00042,2024-01-01,1\n1e5,2024-01-01,2024-01-01,1\n"
    shop = open_file("orders.csv", log)
    assert column(shop, "order_id") == ["01", "1e5"]
    assert column(shop, "customer_id") == ["00042", "2024-01-01"]


@pytest.mark.parametrize("name", ["a [1] * file?.csv", "it's.csv"])
def test_signs_in_a_file_name_are_no_pattern(open_file, name):
    assert column(open_file(name, CSV.encode()), "customer_id") == ["A", "B"]
    assert column(open_file(name.replace(".csv", ".parquet"), {}), "customer_id") == ["A", "B", "C"]


def test_ten_thousand_columns_are_no_trouble(open_file):
    extra = [f"column {number}" for number in range(10_000)]
    log = CSV.splitlines()
    wide = "\n".join(
        [",".join([log[0], *extra]), *(",".join([row, *map(str, range(10_000))]) for row in log[1:])]
    )
    assert column(open_file("wide.csv", wide.encode()), "amount") == [1.5, 2.0]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("orders.csv", b"", "orders.csv is empty"),
        ("orders.csv", b"\n \n", "orders.csv is empty"),
        ("orders.parquet", b"hello", "orders.parquet is not a table"),
        ("orders.csv", b"\x89PNG\x00\x01\x02", "orders.csv is not a table"),
        ("orders.xlsx", b"PK\x03\x04", "is a workbook or an archive.*Save the sheet as CSV"),
        ("orders.csv", CSV.encode("utf-16"), "is written in UTF-16. Save it again as CSV in UTF-8"),
        ("orders.csv", CSV.encode("utf-16-le"), "is written in UTF-16"),
        ("orders.csv", CSV.replace("amount", "größe").encode("latin-1"), "is not written in UTF-8"),
        ("orders.csv.gz", b"\x1f\x8b\x08cut", "cannot be read"),
        ("orders.csv", b"a,b\r\n1,2\n3,4\r\n", "orders.csv has no column 'order_id'"),
        ("orders.csv", CSV.replace("\n2", "\r\n2").encode(), "cannot be read as CSV.*one kind of line end"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_a_sentence(open_file, name, content, sentence):
    with pytest.raises(DataError, match=sentence):
        open_file(name, content)


def test_a_parquet_file_that_was_cut_is_told(open_file, tmp_path):
    open_file("orders.parquet", {})
    whole = (tmp_path / "orders.parquet").read_bytes()
    with pytest.raises(
        DataError, match=r"orders.parquet cannot be read as Parquet: .* Copy or export it again"
    ):
        open_file("orders.parquet", whole[: len(whole) // 2])


def test_a_missing_column_is_told_with_the_line_to_write(open_file):
    log = b"Order ID,Cust,when,amount\n1,A,2024-01-01,1\n"
    with pytest.raises(DataError) as stopped:
        open_file("orders.csv", log)
    assert "orders.csv has no column 'order_id', 'customer_id', 'ordered_at'" in str(stopped.value)
    assert "Its columns are 'Order ID', 'Cust', 'when', 'amount'." in str(stopped.value)
    assert str(stopped.value).endswith(
        '[data.columns.purchases]\norder_id = "Order ID"\ncustomer_id = "Cust"\nordered_at = "when"'
    )


def test_mapped_columns_are_read_under_their_own_names(open_file):
    log = b"Order ID,Cust,when,amount,total\n1,A,2024-01-01,1,7\n"
    names = {"order_id": "Order ID", "customer_id": "Cust", "ordered_at": "when", "amount": "total"}
    shop = open_file("orders.csv", log, columns={"purchases": names})
    assert column(shop, "amount") == [7.0]


def test_a_mapping_to_a_column_that_is_not_there_is_told(open_file):
    with pytest.raises(
        ConfigurationError, match=r"purchases.amount: orders.csv has no column 'Totl'; perhaps 'Total'"
    ):
        open_file(
            "orders.csv", CSV.replace("amount", "Total").encode(), columns={"purchases": {"amount": "Totl"}}
        )


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("nowhere.parquet", "nowhere.parquet: does not exist"),
        ("no/where", "no/where: does not exist"),
        ("orders", "there is no such file, and no such table on duckdb"),
        ("https://example.org/orders.parquet", "only files of this machine are read"),
        ("s3://bucket/orders.parquet", "only files of this machine are read"),
        ("empty", "empty: holds no .parquet file"),
        ("*.csv", "2 files that are not all Parquet"),
    ],
)
def test_a_table_that_is_not_there_is_told(open_file, tmp_path, location, sentence):
    (tmp_path / "empty").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(CSV)
    with pytest.raises(ConfigurationError, match=sentence):
        open_file(location)


def test_a_folder_or_pattern_of_parquet_files_is_one_table(open_file, tmp_path):
    (tmp_path / "log" / "2024").mkdir(parents=True)
    open_file("log/a.parquet", {})
    open_file("log/2024/b.parquet", {"order_id": pa.array([4, 5, 6])})
    for location in ("log", "log/**/*.parquet"):
        assert column(open_file(location), "order_id") == ["1", "2", "3", "4", "5", "6"]


def test_files_of_one_table_with_other_columns_are_refused(open_file, tmp_path):
    (tmp_path / "log").mkdir()
    open_file("log/a.parquet", {"channel": pa.array(["web"] * 3)})
    open_file("log/b.parquet", {})
    with pytest.raises(DataError, match=r"cannot be read as Parquet.*schema mismatch.*channel"):
        open_file("log")


@pytest.mark.parametrize(
    "times",
    [
        pa.array([NOON] * 3, pa.timestamp("s")),
        pa.array([NOON] * 3, pa.timestamp("ms")),
        pa.array([NOON] * 3, pa.timestamp("ns")),
        pa.array([NOON] * 3, pa.timestamp("us", tz="UTC")),
        pa.array([NOON] * 3, pa.timestamp("ns", tz="Asia/Tokyo")),
        pa.array(["2024-01-31T13:00:00+01:00"] * 3),
    ],
    ids=str,
)
def test_parquet_times_of_any_unit_are_utc(open_file, times):
    assert column(open_file("orders.parquet", {"ordered_at": times}), "ordered_at") == [NOON] * 3


def test_parquet_days_are_the_shops_own(open_file):
    days = pa.array([date(2024, 1, 31)] * 3)
    shop = open_file("orders.parquet", {"ordered_at": days}, timezone="America/New_York")
    assert column(shop, "day") == [date(2024, 1, 31)] * 3
    assert column(shop, "ordered_at") == [datetime(2024, 1, 31, 5)] * 3


def test_counted_times_must_be_named(open_file):
    counted = {"ordered_at": pa.array([1706702400] * 3)}
    with pytest.raises(DataError, match=r'ordered_at holds int64.*"epoch_seconds", "epoch_milliseconds"'):
        open_file("orders.parquet", counted)
    for written, factor in (("epoch_seconds", 1), ("epoch_milliseconds", 1000)):
        counted = {"ordered_at": pa.array([1706702400 * factor] * 3)}
        shop = open_file("orders.parquet", counted, time_formats={"purchases": {"ordered_at": written}})
        assert column(shop, "ordered_at") == [NOON] * 3


def test_milliseconds_taken_for_seconds_are_refused(open_file):
    counted = {"ordered_at": pa.array([1706702400, 1706702400, 1706702400000])}
    shop = open_file("orders.parquet", counted, time_formats={"purchases": {"ordered_at": "epoch_seconds"}})
    (rejection,) = shop.report.tables[0].rejections
    assert (rejection.reason, rejection.rows) == ("is before 1970 or after 2200", 1)


def test_numbers_and_ids_of_any_parquet_type_are_read(open_file):
    shop = open_file(
        "orders.parquet",
        {
            "customer_id": pa.array([17850.0, None, 2.5]),
            "amount": pa.array([Decimal("1.25")] * 3, pa.decimal128(10, 2)),
            "quantity": pa.array([float("nan"), 2.0, 3.0]),
            "category": pa.array(["a", "b", None]).dictionary_encode(),
            "channel": pa.nulls(3),
        },
    )
    assert shop.purchases.drop("ordered_at", "day").to_pyarrow().to_pylist() == [
        {
            "order_id": "1",
            "customer_id": "17850",
            "amount": 1.25,
            "quantity": None,
            "category": "a",
            "channel": None,
        }
    ]
    found = {rejection.reason: rejection.examples for rejection in shop.report.tables[0].rejections}
    assert found == {"is empty": ("row 2: ''",), "is a fraction, not an id": ("row 3: '2.5'",)}


@pytest.mark.parametrize("amount", [[{"net": 1.0}] * 3, [[1.0]] * 3, [True] * 3, [NOON] * 3])
def test_a_column_of_a_type_that_cannot_hold_it_is_told(open_file, amount):
    with pytest.raises(DataError, match=r"purchases.amount holds .*, which cannot be read as numbers"):
        open_file("orders.parquet", {"amount": pa.array(amount)})


def test_a_cell_of_ten_megabytes_passes(open_file):
    shop = open_file("orders.parquet", {"channel": pa.array(["x" * 10_000_000, "web", "web"])})
    assert [len(cell) for cell in column(shop, "channel")] == [10_000_000, 3, 3]


def test_tables_of_a_duckdb_database_are_read_and_nothing_is_written_to_it(open_file, tmp_path):
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        con.execute("CREATE SCHEMA sales")
        con.execute(
            "CREATE VIEW sales.orders AS SELECT 1 AS order_id, 'A' AS customer_id,"
            " TIMESTAMP '2024-01-01' AS ordered_at, 1.5 AS amount"
        )
    before = (tmp_path / "shop.duckdb").read_bytes()
    shop = open_file("sales.orders", backend="duckdb://shop.duckdb")
    assert column(shop, "amount") == [1.5]
    assert (tmp_path / "shop.duckdb").read_bytes() == before
    with pytest.raises(ConfigurationError, match=r"no such table on duckdb; perhaps 'orders'"):
        open_file("order", backend="duckdb://shop.duckdb")


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        ("duckdb://nowhere.duckdb", "there is no DuckDB database nowhere.duckdb"),
        ("oracle9://x", "oracle9://x does not open"),
        ("postgres://me:secret@127.0.0.1:1/shop", r"postgres://127.0.0.1:1/shop does not open"),
    ],
)
def test_a_backend_that_does_not_open_is_told_without_its_password(open_file, backend, sentence):
    with pytest.raises(ConfigurationError, match=sentence) as stopped:
        open_file("orders", backend=backend)
    assert "secret" not in str(stopped.value)


def test_a_memory_limit_that_is_none_is_told(open_file):
    with pytest.raises(ConfigurationError, match="DuckDB cannot open"):
        open_file("orders.csv", CSV.encode(), memory_limit="plenty")


def test_too_little_memory_is_told(open_file):
    columns = {"channel": pa.array(["x" * 8_000_000] * 3)}
    with pytest.raises(
        ConfigurationError, match=r"cannot be taken in: Out of Memory .* Raise \[data\] memory_limit"
    ):
        open_file("orders.parquet", columns, memory_limit="5MB", threads=1)


def test_a_parquet_file_that_has_a_column_called_as_duckdb_counts_rows_is_numbered_all_the_same(open_file):
    shop = open_file("orders.parquet", {"file_row_number": pa.array([7, 7, 7]), "amount": [1.0, None, 2.0]})
    (rejection,) = shop.report.tables[0].rejections
    assert rejection.examples == ("row 2: ''",)
