"""The whole feature table: beside the floor, a scan and a group-by of the same files by customer, and lifetimes.

    python -m benchmarks features --customers 1800000       10 million purchases, 20 million interactions

The shop's files are as shops write them, in the order of time. Tenure and the floor share a process and a connection,
which the door opens as it does for every command; what is measured of Tenure begins with the tables that the door
hands over, and what the door takes is told beside it. lifetimes has a process of its own. Of the features, the floor
and lifetimes the shorter of two runs counts.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
import pandas as pd

from benchmarks.row import Row, timed
from features.arrays.query import FeatureQuery
from features.catalog import describe
from features.door.open import DataSettings, Shop, open_shop
from features.plan import FeaturePlan, plan_features
from features.rows import record_batches
from tenure.simulator import Scenario, simulate_blocks, write_shop

CUSTOMERS = 300_000
MOMENTS = {"purchases": "ordered_at", "interactions": "occurred_at"}
ROWS_A_BATCH = 25_000
WINDOW_DAYS = 90
MOST_GIGABYTES = 6.0
Found = TypeVar("Found")


class Ours(NamedTuple):
    """Seconds of the door, of the features and of the floor, gigabytes at the peak, and what was measured."""

    door: float
    features: float
    floor: float
    gigabytes: float
    note: str


def rows(customers: int, seed: int) -> list[Row]:
    """Four rows about a simulated shop."""
    scenario = Scenario(customers=customers, seed=seed, world="mixed")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        apart(_write, scenario, folder)
        return compare(folder, scenario.as_of)


def compare(folder: Path, as_of: date) -> list[Row]:
    """The rows, from a folder with the shop's files."""
    ours = apart(_ours, folder, as_of)
    theirs = apart(_lifetimes, folder, as_of)
    what, floor = "the feature table", "scan and group-by of the files"
    return [
        Row(what, ours.features, floor, ours.floor, ours.note, wanted=("at most", 8)),
        Row(
            what,
            ours.features,
            "lifetimes' summary of the purchases",
            theirs,
            ours.note,
            wanted=("at most", 1),
        ),
        Row(f"{what} and the door before it", ours.door + ours.features, floor, ours.floor, ours.note),
        Row(
            f"{what}: peak memory",
            ours.gigabytes,
            "target",
            MOST_GIGABYTES,
            "the door too, which sorts the tables by customer; they are kept compressed on disk",
            unit="GB",
            wanted=("at most", 1),
        ),
    ]


def apart(work: Callable[..., Found], *given: Any) -> Found:
    """What the work gives, done in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def _write(scenario: Scenario, folder: Path) -> None:
    """The simulated shop's files, each of them in the order of time: the simulator goes through its customers."""
    write_shop(simulate_blocks(scenario), scenario, folder)
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for name, moment in MOMENTS.items():
            given, ordered = folder / f"{name}.parquet", folder / f"{name}.ordered.parquet"
            connection.execute(f"COPY (FROM '{given}' ORDER BY {moment}) TO '{ordered}'")
            ordered.rename(given)


def _ours(folder: Path, as_of: date) -> Ours:
    settings = DataSettings(**{name: f"{name}.parquet" for name in MOMENTS})
    begun = time.perf_counter()
    shop = open_shop(settings, folder)
    door = time.perf_counter() - begun
    plan = plan_features(shop, as_of, WINDOW_DAYS, ())
    con = shop.purchases.get_backend()
    files = [(con.read_parquet(str(folder / f"{name}.parquet")), moment) for name, moment in MOMENTS.items()]
    last = [
        table.group_by("customer_id").aggregate(rows=table.count(), last=table[moment].max())
        for table, moment in files
    ]
    floor, _ = timed(lambda: sum(map(_drained, last)))
    features, customers = timed(lambda: _answered(shop, as_of, plan))
    ((threads,),) = con.raw_sql("SELECT current_setting('threads')").fetchall()
    counted = " and ".join(f"{table.count().execute():,}" for table in (shop.purchases, shop.interactions))
    note = f"{len(describe(plan)) + 1} columns, {customers:,} customers; {counted} rows; DuckDB on {threads} threads"
    return Ours(door, features, floor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, note)


def _answered(shop: Shop, as_of: date, plan: FeaturePlan) -> int:
    """Customers; the query is written anew, as the first feature table of a plan needs it."""
    query = FeatureQuery(plan)
    return sum(batch.num_rows for batch in query.answer(query.parts(shop), as_of))


def _drained(table: Any) -> int:
    return sum(batch.num_rows for batch in record_batches(table, ROWS_A_BATCH))


def _lifetimes(folder: Path, as_of: date) -> float:
    from lifetimes.utils import summary_data_from_transaction_data

    bought = pd.read_parquet(folder / "purchases.parquet", columns=["customer_id", "ordered_at", "amount"])
    bought = bought[bought.amount >= 0].assign(day=lambda rows: rows.ordered_at.dt.normalize())
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
