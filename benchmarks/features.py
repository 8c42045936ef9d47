"""The whole feature table: beside the floor, a scan and a group-by of the same files by customer."""

import tempfile
from pathlib import Path

from benchmarks.row import Row, timed
from features.build import build_features
from features.door.open import DataSettings, open_shop
from features.plan import plan_features
from tenure.simulator import Scenario, simulate_blocks, write_shop

CUSTOMERS = 100_000


def rows(customers: int, seed: int) -> list[Row]:
    """One row; both sides read the admitted tables."""
    scenario = Scenario(customers=customers, seed=seed, world="mixed")
    with tempfile.TemporaryDirectory() as folder:
        written = write_shop(simulate_blocks(scenario), scenario, Path(folder))
        settings = DataSettings(purchases="purchases.parquet", interactions="interactions.parquet")
        shop = open_shop(settings, Path(folder))
    plan = plan_features(shop, scenario.as_of, scenario.churn_window_days, ())
    features = build_features(shop.purchases, shop.interactions, None, scenario.as_of, plan)

    def floor() -> None:
        for table in (shop.purchases, shop.interactions):
            table.group_by("customer_id").aggregate(rows=table.count(), last=table.day.max()).to_pyarrow()

    ours, table = timed(features.to_pyarrow)
    theirs, _ = timed(floor)
    note = f"{written['purchases']:,} purchases, {written['interactions']:,} interactions"
    return [Row(f"{table.num_columns} features", ours, "scan and group-by", theirs, note)]
