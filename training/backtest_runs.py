"""The backtest in MLflow: one run, and one nested in it for each past date. No row of any customer."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path

import pandas as pd

from models.registry import Registry, quiet
from training.backtest import Backtest
from training.peers import OURS
from training.report import CHURN_COLUMNS, VALUE_COLUMNS
from training.verdicts import Comparison

TAILS = ("share_above_high", "share_below_low")


def record_backtest(found: Backtest, report: Path, registry: Registry) -> str:
    """Write the runs, with the report as artifact of the outer one; returns its id."""
    import mlflow

    experiment = registry.experiment()
    with (
        quiet(),
        mlflow.start_run(experiment_id=experiment, run_name=f"backtest as of {found.as_of}") as outer,
    ):
        mlflow.log_params(
            {
                "as_of": found.as_of,
                "seed": found.seed,
                "churn_window_days": found.churn_window_days,
                "value_horizon_days": found.value_horizon_days,
                "churn_dates": ", ".join(str(one.as_of) for one in found.churn_hindsights),
                "value_dates": ", ".join(str(one.as_of) for one in found.value_hindsights),
            }
        )
        mlflow.set_tags(
            {
                "grade_churn": found.grade.churn or "none",
                "grade_churn_sentence": found.grade.churn_sentence,
                "grade_value": found.grade.value or "none",
                "grade_value_sentence": found.grade.value_sentence,
                **_verdict_tags((*found.churn_verdicts, *found.value_verdicts)),
            }
        )
        mlflow.log_metrics(
            _metrics(found.churn, CHURN_COLUMNS) | _metrics(found.value, VALUE_COLUMNS + TAILS)
        )
        mlflow.log_artifact(str(report))
        for subject, rows in (("churn", found.churn), ("value", found.value)):
            mlflow.log_text(rows.to_csv(index=False), f"{subject}_metrics.csv")
        _record_dates(found, experiment)
    return str(outer.info.run_id)


def _record_dates(found: Backtest, experiment: str) -> None:
    import mlflow

    for subject, rows, columns, days in (
        ("churn", found.churn, CHURN_COLUMNS, found.churn_window_days),
        ("value", found.value, VALUE_COLUMNS + TAILS, found.value_horizon_days),
    ):
        for day, dated in rows.groupby("as_of", sort=False):
            name = f"{subject} within {days} days of {day}"
            with mlflow.start_run(experiment_id=experiment, run_name=name, nested=True):
                customers = int(dated["customers"].iloc[0])
                mlflow.log_params({"as_of": day, "window_days": days, "customers": customers})
                mlflow.log_metrics(_metrics(dated, columns))


def _metrics(rows: pd.DataFrame, columns: Sequence[str]) -> dict[str, float]:
    """Ours under its own name, a peer's under `<peer>.<metric>`; what could not be told is left out."""
    means = rows.groupby("forecaster", sort=False)[list(columns)].mean()
    return {
        str(name) if forecaster == OURS else f"{_spelled(str(forecaster))}.{name}": float(value)
        for forecaster, row in means.iterrows()
        for name, value in row.items()
        if isfinite(value)
    }


def _spelled(forecaster: str) -> str:
    """As MLflow takes it for a name, where a slash would be a folder."""
    return forecaster.replace("/", "").replace(" ", "_")


def _verdict_tags(comparisons: Sequence[Comparison]) -> dict[str, str]:
    return {f"verdict_{one.metric}": one.sentence() for one in comparisons}
