"""Small shops as the door hands them on, and their feature tables, all as of New Year's Day 2026."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from features.build import build_features
from features.dated import DatedFeatures
from features.door.open import DataSettings, open_shop
from features.door.tables import SHAPES
from features.plan import FeaturePlan, plan_features

AS_OF = date(2026, 1, 1)
MIDNIGHT = datetime(2026, 1, 1)
DTYPES = {
    "day": pa.date32(),
    **dict.fromkeys(("ordered_at", "occurred_at", "resolved_at", "signed_up_at"), pa.timestamp("us")),
    **dict.fromkeys(
        ("amount", "quantity", "discount", "duration_seconds", "pages", "score", "points"), pa.float64()
    ),
    **dict.fromkeys(("is_guest", "opted_out"), pa.bool_()),
}
REQUIRED = {
    "purchases": ("customer_id", "ordered_at", "day", "amount"),
    "interactions": ("customer_id", "occurred_at", "day", "kind"),
    "customers": ("customer_id",),
}
Event = tuple[Any, ...]
Row = dict[str, Any]


@dataclass(frozen=True)
class SmallShop:
    """Admitted tables on one DuckDB."""

    purchases: Any
    interactions: Any
    customers: Any
    timezone: str


@pytest.fixture(scope="session")
def open_small_shop(small_tables: Callable[..., list[pa.Table | None]]) -> Callable[..., SmallShop]:
    """A shop from tuples: (customer, days ago, amount or kind, further cells).

    0 days ago is the UTC midnight at which 2026 begins. A cell called `..._at` is told in days ago as well.
    """

    def open_shop(
        purchases: Iterable[Event],
        interactions: Iterable[Event] | None = None,
        customers: Iterable[Event] | None = None,
        timezone: str = "UTC",
    ) -> SmallShop:
        con = ibis.duckdb.connect(threads=1)
        given = zip(REQUIRED, small_tables(purchases, interactions, customers, timezone), strict=True)
        tables = [None if table is None else con.create_table(name, table) for name, table in given]
        return SmallShop(*tables, timezone)

    return open_shop


@pytest.fixture(scope="session")
def small_tables() -> Callable[..., list[pa.Table | None]]:
    """The same three tables, as Arrow."""

    def tables(
        purchases: Iterable[Event],
        interactions: Iterable[Event] | None = None,
        customers: Iterable[Event] | None = None,
        timezone: str = "UTC",
    ) -> list[pa.Table | None]:
        orders = [_event(event, "ordered_at", "amount", timezone) for event in purchases]
        events = interactions and [_event(event, "occurred_at", "kind", timezone) for event in interactions]
        people = customers and [{"customer_id": name, **_cells(cells)} for name, cells in customers]
        given = zip(REQUIRED, (orders, events, people), strict=True)
        return [None if rows is None else _arrow(name, rows) for name, rows in given]

    return tables


@pytest.fixture(scope="session")
def as_of() -> date:
    """The day at whose beginning everything here is told."""
    return AS_OF


@pytest.fixture(scope="session", params=["on the engine", "on arrays"])
def features_of(request: pytest.FixtureRequest) -> Callable[..., pd.DataFrame]:
    """The feature table of a small shop by customer, planned on itself unless a plan is given; both ways to it."""

    def build(
        shop: SmallShop,
        churn_window_days: int = 30,
        attributes: Sequence[str] = (),
        plan: FeaturePlan | None = None,
    ) -> pd.DataFrame:
        plan = plan or plan_features(shop, AS_OF, churn_window_days, attributes)
        if request.param == "on arrays":
            table = DatedFeatures(shop, plan).of(AS_OF)  # type: ignore[arg-type]
        else:
            features = build_features(shop.purchases, shop.interactions, shop.customers, AS_OF, plan)
            table = features.to_pyarrow()
        return table.to_pandas().set_index("customer_id").sort_index()

    return build


@pytest.fixture(scope="session")
def assert_told() -> Callable[[pd.DataFrame, str], None]:
    """Compare with a table in words: a header of customers, a feature a line, `-` where it is missing."""

    def compare(features: pd.DataFrame, expected: str) -> None:
        (_, *customers), *lines = [line.split() for line in expected.strip().splitlines()]
        names = [name for name, *_ in lines]
        cells = [[float("nan") if cell == "-" else float(cell) for cell in line[1:]] for line in lines]
        table = pd.DataFrame(cells, index=names, columns=pd.Index(customers, name="customer_id"))
        found = features.loc[customers, names].astype("float64").T
        pd.testing.assert_frame_equal(found, table, rtol=1e-6, atol=1e-8)

    return compare


def _event(event: Event, at: str, what: str, timezone: str) -> Row:
    customer, days_ago, told, *more = event
    moment = MIDNIGHT - timedelta(days=days_ago)
    day = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()
    return {"customer_id": customer, at: moment, "day": day, what: told, **_cells(more[0] if more else {})}


def _cells(cells: Row) -> Row:
    return {
        name: MIDNIGHT - timedelta(days=cell) if name.endswith("_at") and cell is not None else cell
        for name, cell in cells.items()
    }


def _arrow(name: str, rows: Iterable[Row]) -> pa.Table:
    columns = [*REQUIRED[name], *sorted({key for row in rows for key in row} - {*REQUIRED[name]})]
    schema = pa.schema([(column, DTYPES.get(column, pa.string())) for column in columns])
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.fixture
def open_tables(tmp_path):
    """A shop opened from CSV text by the name of its table, in `tmp_path`; further arguments are settings."""

    def open_shop_of(**given):
        tables = {name: given.pop(name) for name in SHAPES if name in given}
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        files = {name: f"{name}.csv" for name in tables}
        settings = {"quarantine": "rejected", "max_rejected_share": 1.0} | files | given
        return open_shop(DataSettings(**settings), tmp_path)

    return open_shop_of


@pytest.fixture
def rows_of():
    """A table's rows as dictionaries, in the order of a column."""
    return lambda table, by: table.order_by(by).to_pyarrow().to_pylist()
