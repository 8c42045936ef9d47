"""The simulated shop on disk: readable by the door, ready for training, its truth kept apart."""

import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.door.open import open_shop
from features.door.source import DataSettings
from models.horizons import HorizonSettings
from tenure.simulator import Scenario, simulate, simulate_blocks, write_shop


def test_the_files_hold_the_shop_and_the_configuration_reads_all_but_the_truth(tmp_path: Path) -> None:
    scenario = Scenario(60, 3, "mixed", churn_window_days=30, clv_horizon_days=180)
    rows = write_shop(simulate_blocks(scenario), scenario, tmp_path / "shop")
    shop = simulate(60, 3, "mixed", churn_window_days=30, clv_horizon_days=180)
    names = {path.name for path in (tmp_path / "shop").iterdir()}
    assert names == {f"{name}.parquet" for name in rows} | {"tenure.toml"}
    for name, count in rows.items():
        table = pq.read_table(tmp_path / "shop" / f"{name}.parquet")
        assert len(table) == count
        assert table.cast(getattr(shop, name).schema).equals(getattr(shop, name).combine_chunks())
    text = (tmp_path / "shop" / "tenure.toml").read_text()
    sections = tomllib.loads(text)
    assert {sections["data"][name] for name in ("purchases", "interactions", "customers")} == {
        "purchases.parquet", "interactions.parquet", "customers.parquet",
    }  # fmt: skip
    assert HorizonSettings(**sections["horizons"]) == HorizonSettings(
        churn_window_days=30, clv_horizon_days=180
    )


def test_the_door_admits_every_row(tmp_path: Path) -> None:
    scenario = Scenario(200, 3, "mixed")
    rows = write_shop(simulate_blocks(scenario), scenario, tmp_path)
    settings = DataSettings(**tomllib.loads((tmp_path / "tenure.toml").read_text())["data"])
    shop = open_shop(settings, tmp_path)
    assert shop.purchases.count().execute() == rows["purchases"]
    assert shop.interactions.count().execute() == rows["interactions"]
    assert shop.customers.count().execute() == rows["customers"]
    assert not (tmp_path / "var" / "rejected").exists() or not list((tmp_path / "var" / "rejected").iterdir())


def test_without_interactions_none_are_written_or_named(tmp_path: Path) -> None:
    scenario = Scenario(20, 3, "bgnbd", interactions_per_year=0)
    rows = write_shop(simulate_blocks(scenario), scenario, tmp_path)
    assert "interactions" not in rows
    assert not (tmp_path / "interactions.parquet").exists()
    assert "interactions" not in tomllib.loads((tmp_path / "tenure.toml").read_text())["data"]


def test_text_is_text_and_times_are_zone_less_utc() -> None:
    schema = simulate(20, 3, "mixed").purchases.schema
    assert schema.field("customer_id").type == pa.string()
    assert schema.field("ordered_at").type == pa.timestamp("us")
