"""A simulated shop on disk, beside a tenure.toml that is ready to train on it."""

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tenure.simulator.scenario import Scenario
from tenure.simulator.shop import SimulatedShop

CONFIGURATION = """\
# A simulated shop: {customers:,} customers of the world "{world}", seed {seed}; history ends before {as_of}.
# truth.parquet and future_purchases.parquet are for judging predictions and must never be learned from.

[data]
purchases    = "purchases.parquet"
interactions = "interactions.parquet"
customers    = "customers.parquet"
quarantine   = "var/rejected"
attributes   = ["country", "plan"]

[horizons]
churn_window_days = {churn_window_days}
clv_horizon_days  = {clv_horizon_days}

[mlflow]
tracking_uri = "sqlite:///mlruns/mlflow.db"
model_name   = "tenure"

[store]
url = "sqlite:///var/scores.db"
"""


def write_shop(blocks: Iterable[SimulatedShop], scenario: Scenario, out: Path) -> dict[str, int]:
    """Write each table as Parquet and tenure.toml into `out`; returns the rows of each table.

    Blocks are written as they come. Files of an earlier shop in `out` are replaced once all blocks are
    there; without interactions no file of them is written or named.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = [field.name for field in fields(SimulatedShop)]
    if scenario.interactions_per_year == 0:
        names.remove("interactions")
    rows = dict.fromkeys(names, 0)
    writers: dict[str, pq.ParquetWriter] = {}
    for block in blocks:
        for name in names:
            table: pa.Table = getattr(block, name)
            if name not in writers:
                writers[name] = pq.ParquetWriter(
                    out / f"{name}.parquet.partial", table.schema, compression="zstd"
                )
            writers[name].write_table(table)
            rows[name] += len(table)
    for name, writer in writers.items():
        writer.close()
        (out / f"{name}.parquet.partial").replace(out / f"{name}.parquet")
    _write_configuration(scenario, out)
    return rows


def _write_configuration(scenario: Scenario, out: Path) -> None:
    text = CONFIGURATION.format(
        customers=scenario.customers,
        world=scenario.world,
        seed=scenario.seed,
        as_of=scenario.as_of,
        churn_window_days=scenario.churn_window_days,
        clv_horizon_days=scenario.clv_horizon_days,
    )
    if scenario.interactions_per_year == 0:
        text = text.replace('interactions = "interactions.parquet"\n', "")
    (out / "tenure.toml").write_text(text, encoding="utf-8")
