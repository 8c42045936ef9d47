"""The whole feature table: beside the floor, a scan and a group-by of the same tables by customer, and lifetimes.

    python -m benchmarks features --customers 1800000       10 million purchases, 20 million interactions

Each side has a process of its own. Tenure and the floor share theirs, so both have one connection, opened as the
product opens it: the same threads, the same limit of memory, the admitted tables kept in the same way.
Of each the shorter of two runs counts.
"""

import resource
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow.parquet as pq

from benchmarks.row import Row, timed
from features.arrays.query import FeatureQuery
from features.catalog import describe
from features.door.embedded import open_duckdb
from features.door.open import DataSettings, DoorReport, Shop, open_shop
from features.plan import FeaturePlan, plan_features
from features.rows import keep, record_batches
from tenure.simulator import Scenario, simulate_blocks, write_shop

CUSTOMERS = 300_000
TABLES = ("purchases", "interactions")
ROWS_A_BATCH = 25_000
MOST_GIGABYTES = 6.0
Found = TypeVar("Found")


def rows(customers: int, seed: int) -> list[Row]:
    """Three rows; what is measured begins with the admitted tables and ends with every row as Arrow."""
    scenario = Scenario(customers=customers, seed=seed, world="mixed")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        apart(_admit, scenario, folder)
        return compare(folder, scenario.as_of)


def compare(folder: Path, as_of: date) -> list[Row]:
    """The rows, from a folder with the admitted tables as Parquet and their `plan.json`."""
    ours, floor, gigabytes, note = apart(_ours_and_floor, folder, as_of)
    theirs = apart(_lifetimes, folder, as_of)
    what = "the feature table"
    return [
        Row(what, ours, "scan and group-by of the admitted tables", floor, note, wanted=("at most", 8)),
        Row(what, ours, "lifetimes' summary of the purchases", theirs, note, wanted=("at most", 1)),
        Row(
            f"{what}: peak memory",
            gigabytes,
            "target",
            MOST_GIGABYTES,
            "with the admitted tables as they are kept, compressed on disk",
            unit="GB",
            wanted=("at most", 1),
        ),
    ]


def apart(work: Callable[..., Found], *given: Any) -> Found:
    """What the work gives, done in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def _admit(scenario: Scenario, folder: Path) -> None:
    write_shop(simulate_blocks(scenario), scenario, folder)
    settings = DataSettings(purchases="purchases.parquet", interactions="interactions.parquet")
    shop = open_shop(settings, folder)
    plan = plan_features(shop, scenario.as_of, scenario.churn_window_days, ())
    (folder / "plan.json").write_text(plan.to_json())
    for name in TABLES:
        table = getattr(shop, name)
        with pq.ParquetWriter(folder / f"{name}.admitted.parquet", table.schema().to_pyarrow()) as file:
            for batch in record_batches(table, ROWS_A_BATCH):
                file.write_batch(batch)


def _ours_and_floor(folder: Path, as_of: date) -> tuple[float, float, float, str]:
    """Seconds of the features and of the floor, gigabytes at the peak, and what was measured."""
    con = open_duckdb(None, [folder], DataSettings(purchases="given").memory_limit, None, keep_on_disk=True)
    purchases, interactions = (
        keep(con.read_parquet(str(folder / f"{name}.admitted.parquet"))) for name in TABLES
    )
    plan = FeaturePlan.from_json((folder / "plan.json").read_text())
    shop = Shop(purchases, interactions, None, plan.timezone, DoorReport(()))
    last_days = [
        table.group_by("customer_id").aggregate(rows=table.count(), last=table.day.max())
        for table in (purchases, interactions)
    ]
    floor, _ = timed(lambda: sum(map(_drained, last_days)))
    ours, customers = timed(lambda: _answered(shop, as_of, plan))
    ((threads,),) = con.raw_sql("SELECT current_setting('threads')").fetchall()
    counted = " and ".join(f"{table.count().execute():,}" for table in (purchases, interactions))
    note = f"{len(describe(plan)) + 1} columns, {customers:,} customers; {counted} rows; DuckDB on {threads} threads"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return ours, floor, peak, note


def _answered(shop: Shop, as_of: date, plan: FeaturePlan) -> int:
    """Customers; the query is written anew, as the first feature table of a plan needs it."""
    query = FeatureQuery(plan)
    return sum(batch.num_rows for batch in query.answer(query.parts(shop), as_of))


def _drained(table: Any) -> int:
    return sum(batch.num_rows for batch in record_batches(table, ROWS_A_BATCH))


def _lifetimes(folder: Path, as_of: date) -> float:
    from lifetimes.utils import summary_data_from_transaction_data

    bought = pd.read_parquet(folder / "purchases.admitted.parquet", columns=["customer_id", "day", "amount"])
    bought = bought[bought.amount >= 0].assign(day=lambda rows: pd.to_datetime(rows.day))
    seconds, _ = timed(
        lambda: summary_data_from_transaction_data(
            bought,
            "customer_id",
            "day",
            monetary_value_col="amount",
            observation_period_end=pd.Timestamp(as_of) - pd.Timedelta(days=1),
        )
    )
    return seconds
