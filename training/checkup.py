"""One MLflow run a check-up: the figures of the monitor beside those of the trainings. No row of any customer."""

from dataclasses import asdict
from typing import Any

from models.registry import Registry, quiet
from training.health import Health


def record_health(health: Health, registry: Registry) -> str:
    """Write the run, tagged `kind = monitor`, and return its id."""
    import mlflow

    experiment = registry.experiment()
    with (
        quiet(),
        mlflow.start_run(experiment_id=experiment, run_name=f"monitor as of {health.as_of}") as run,
    ):
        mlflow.set_tags(
            {"kind": "monitor", "version": health.version, "retraining_due": str(health.is_due).lower()}
        )
        mlflow.log_params({"as_of": health.as_of, "version": health.version})
        mlflow.log_metrics(figures(health))
        mlflow.log_dict(_report(health), "monitor.json")
    return str(run.info.run_id)


def figures(health: Health) -> dict[str, float]:
    """The numbers to be watched over time, by MLflow's names."""
    found = {
        "model_age_days": float(health.age_days),
        "drifted_share": health.drifted_share,
        "drifted_importance": health.drifted_importance,
        "reasons": float(len(health.reasons)),
    }
    for table, day in health.newest.items():
        found[f"{table}_age_days"] = float((health.as_of - day).days - 1)
    for drift in health.drifts:
        found[f"js_{drift.name}"] = drift.distance
    for course in health.courses:
        found[f"course_{course.name.replace(' ', '_')}"] = course.ratio
    if health.aftermaths:
        found |= {f"served_{name}": value for name, value in health.aftermaths[0].measured.items()}
        found |= {f"promised_{name}": value for name, value in health.aftermaths[0].promised.items()}
    return found


def _report(health: Health) -> dict[str, Any]:
    return {
        "as_of": health.as_of.isoformat(),
        "version": health.version,
        "reasons": list(health.reasons),
        "notes": list(health.notes),
        "drift": [asdict(drift) | {"has_drifted": drift.has_drifted} for drift in health.drifts],
        "served": [asdict(aftermath) | {"as_of": str(aftermath.as_of)} for aftermath in health.aftermaths],
    }
