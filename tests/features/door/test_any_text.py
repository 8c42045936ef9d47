"""Any text in any cell of any table: each row is admitted or set aside, and none makes the door fall."""

import csv
import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.door.open import DataSettings, open_shop
from features.door.tables import SHAPES
from features.errors import DataError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
IDS = ["", " ", "A", "B", "007", "1.0", "NULL", "=1+1", "a\nb", 'quo"te', "x" * 300]
TIMES = ["2024-01-31", "2024-01-31T10:00:00+02:00", "31/01/2024", "9999-01-01"]
NUMBERS = ["-1", "10", "1e300", "NaN", "inf", "0x10", "yes", "no"]
TELLING = st.sampled_from(IDS + TIMES + NUMBERS)
CELL = TELLING | TEXT


def table(name):
    columns = [column.name for column in SHAPES[name].columns if column.name != "currency"]
    rows = st.lists(st.lists(CELL, min_size=len(columns), max_size=len(columns)), max_size=6)
    return st.tuples(st.just(columns), rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("any text")


@given(tables=st.fixed_dictionaries({name: table(name) for name in SHAPES}))
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking opens hundreds of shops
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_counts_add_up_and_ids_are_clean_whatever_the_cells_hold(folder, tables):
    for name, (columns, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, quoting=csv.QUOTE_ALL).writerows([columns, *rows])
    files = {name: f"{name}.csv" for name in tables}
    try:
        shop = open_shop(DataSettings(**files, quarantine="rejected", max_rejected_share=1), folder)
    except DataError as refused:
        assert re.search("holds no rows|no usable row", str(refused))  # noqa: PT017
        return
    for report in shop.report.tables:
        given_rows = tables[report.table][1]
        admitted = getattr(shop, report.table).to_pyarrow().to_pylist()
        assert report.read == len(given_rows) == report.admitted + report.rejected + report.merged_away
        assert report.admitted == len(admitted)
        assert report.rejected == sum(rejection.rows for rejection in report.rejections)
        assert all(rejection.remedy and rejection.examples for rejection in report.rejections)
        assert all(1 <= len(row["customer_id"]) <= 200 and row["customer_id"].strip() for row in admitted)
        if report.quarantine is not None:
            with report.quarantine.open(encoding="utf-8", newline="") as quarantine:
                assert len(list(csv.DictReader(quarantine))) == report.rejected
    people = {row["customer_id"] for row in shop.customers.to_pyarrow().to_pylist()}
    assert {row["customer_id"] for row in shop.purchases.to_pyarrow().to_pylist()} <= people
