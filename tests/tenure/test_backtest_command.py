"""`tenure backtest` as a person meets it: tables, a report, one run in MLflow with the dates nested in it."""

import mlflow
import pytest

from models.registry import quiet
from tenure.simulator import Scenario, simulate_blocks, write_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The folder of a small shop of its own, four months old."""
    folder = tmp_path_factory.mktemp("backtest")
    scenario = Scenario(
        customers=400,
        seed=7,
        world="bgnbd",
        history_days=125,
        churn_window_days=30,
        clv_horizon_days=30,
        interactions_per_year=0,
    )
    write_shop(simulate_blocks(scenario), scenario, folder)
    return folder


def test_it_prints_writes_and_records_the_same_backtest(shop, tenure):
    said = tenure("backtest", "--config", shop / "tenure.toml", "--as-of", "2026-01-01", "--dates", "1")
    assert said.code == 0, said.err
    for words in (
        "Who returns within 30 days, one date: 2025-12-02",
        "lift_at_10pct",
        "top_decile_capture",
        "against the best peer of each: better in",
        "Pareto/NBD x Gamma-Gamma: fitted by",
        "--dates 2 adds 2025-11-02.",
        "Grade for churn:",
        f"Report with pictures: {shop}/var/backtest.html",
    ):
        assert words in said.out
    report = (shop / "var/backtest.html").read_text(encoding="utf-8")
    with quiet():
        mlflow.set_tracking_uri(f"sqlite:///{shop}/mlruns/mlflow.db")
        client = mlflow.MlflowClient()
        (experiment,) = client.search_experiments(filter_string="name = 'tenure'")
        runs = client.search_runs([experiment.experiment_id])
        (outer,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
        inner = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == outer.info.run_id]
        artifacts = {file.path for file in client.list_artifacts(outer.info.run_id)}
        kept = client.download_artifacts(outer.info.run_id, "backtest.html")
    assert sorted(run.info.run_name for run in inner) == [
        "churn within 30 days of 2025-12-02",
        "value within 30 days of 2025-12-02",
    ]
    assert artifacts == {"backtest.html", "churn_metrics.csv", "value_metrics.csv"}
    with open(kept, encoding="utf-8") as file:
        assert file.read() == report
    assert outer.data.metrics["base_rate.roc_auc"] == 0.5
    log_loss = f"{outer.data.metrics['log_loss']:.4f}"
    assert log_loss in said.out
    assert log_loss in report
    assert outer.data.tags["verdict_log_loss"].startswith(f"log_loss: {log_loss}, ")
    assert outer.data.tags["grade_churn"] in "ABC"
