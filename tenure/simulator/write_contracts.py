"""A simulated shop of contracts on disk, beside a tenure.toml that is ready to train on it."""

from dataclasses import fields
from pathlib import Path

import pyarrow.parquet as pq

from tenure.simulator.contracts import SubscriptionShop
from tenure.simulator.scenario import Scenario

CONFIGURATION = """\
# A simulated shop of contracts: {customers:,} customers, seed {seed}; history ends before {as_of}.
# truth.parquet and future_purchases.parquet are for judging predictions and must never be learned from.

[data]
subscriptions  = "subscriptions.parquet"
observed_until = {as_of}
{interactions}customers      = "customers.parquet"
quarantine     = "var/rejected"
attributes     = ["plan"]

[horizons]
churn_window_days = {churn_window_days}
clv_horizon_days  = {clv_horizon_days}

[mlflow]
tracking_uri = "sqlite:///mlruns/mlflow.db"
model_name   = "tenure"

[store]
url = "sqlite:///var/scores.db"
"""


def write_contracts(shop: SubscriptionShop, scenario: Scenario, out: Path) -> dict[str, int]:
    """Write each table as Parquet and tenure.toml into `out`; returns the rows of each table."""
    out.mkdir(parents=True, exist_ok=True)
    names = [field.name for field in fields(SubscriptionShop)]
    if scenario.interactions_per_year == 0:
        names.remove("interactions")
    for name in names:
        pq.write_table(getattr(shop, name), out / f"{name}.parquet", compression="zstd")
    text = CONFIGURATION.format(
        customers=scenario.customers,
        seed=scenario.seed,
        as_of=scenario.as_of,
        interactions='interactions   = "interactions.parquet"\n' if "interactions" in names else "",
        churn_window_days=scenario.churn_window_days,
        clv_horizon_days=scenario.clv_horizon_days,
    )
    (out / "tenure.toml").write_text(text, encoding="utf-8")
    return {name: len(getattr(shop, name)) for name in names}
