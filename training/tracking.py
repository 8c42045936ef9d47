"""One MLflow run a training: what went in, what came out, and pictures of it. No row of any customer."""

import json
from typing import Any

from features.fingerprint import fingerprint
from features.shop import Shop
from models.registry import CARD_FILE, Registry, quiet
from training.card import write_card
from training.pictures import (
    draw_deciles,
    draw_frequency_recency,
    draw_gains,
    draw_reliability,
    frequency_recency,
)
from training.train import TrainingResult


def record(result: TrainingResult, shop: Shop, registry: Registry) -> str:
    """Write the run, register the model as a version of it, and return the version."""
    import mlflow

    model = result.model
    data = describe_data(shop, result)
    card = write_card(result, data, count_objectors(shop))
    experiment = registry.experiment()
    name = f"train as of {model.trained_as_of}"
    with quiet(), mlflow.start_run(experiment_id=experiment, run_name=name) as run:
        mlflow.log_params(_parameters(result))
        mlflow.log_params(data)
        mlflow.log_metrics(result.grade.metrics)
        mlflow.set_tags({"why": model.why, **_grade_tags(result)})
        mlflow.log_dict(result.grade.to_json(), "grade.json")
        mlflow.log_text(card, CARD_FILE)
        for name, picture in _pictures(result).items():
            mlflow.log_text(picture, f"pictures/{name}.svg")
    return registry.register(model, run.info.run_id, result.papers, card)


def describe_data(shop: Shop, result: TrainingResult) -> dict[str, Any]:
    """What the model was trained on: span, counts and a hash."""
    as_of = result.model.trained_as_of
    past = shop.purchases.filter(shop.purchases.day < as_of)
    found = past.aggregate(
        first=past.day.min(), last=past.day.max(), orders=past.count(), customers=past.customer_id.nunique()
    )
    (row,) = found.to_pyarrow().to_pylist()
    events = 0
    if shop.interactions is not None:
        events = shop.interactions.filter(shop.interactions.day < as_of).count().to_pyarrow().as_py()
    return {
        "data_first_day": row["first"],
        "data_last_day": row["last"],
        "data_orders": row["orders"],
        "data_customers": row["customers"],
        "data_interactions": events,
        "data_fingerprint": fingerprint(shop, as_of),
    }


def count_objectors(shop: Shop) -> int:
    """How many customers object to profiling."""
    if shop.customers is None or "opted_out" not in shop.customers.columns:
        return 0
    objecting = shop.customers.filter(shop.customers.opted_out.fill_null(False))
    return int(objecting.count().to_pyarrow().as_py())


def _parameters(result: TrainingResult) -> dict[str, Any]:
    model = result.model
    given = {"as_of": model.trained_as_of, "seed": model.seed, "kind": model.kind}
    fits = {f"purchases_{name}": value for name, value in _fits(model.purchases.to_json()).items()}
    return given | model.horizons.model_dump() | fits


def _fits(stored: dict[str, Any]) -> dict[str, str]:
    return {name: json.dumps(value)[:500] for name, value in stored.items()}


def _grade_tags(result: TrainingResult) -> dict[str, str]:
    grade = result.grade
    return {
        "grade_churn": grade.churn or "none",
        "grade_churn_sentence": grade.churn_sentence,
        "grade_value": grade.value or "none",
        "grade_value_sentence": grade.value_sentence,
    }


def _pictures(result: TrainingResult) -> dict[str, str]:
    """SVG by name; none where no past date could be judged."""
    evidence = result.model.evidence
    if evidence is None:
        return {}
    p_return = result.judged["p_return"].to_numpy(dtype=float)
    return {
        "calibration": draw_reliability(
            evidence["reliability"], "renew" if result.model.plan.has_contracts else "come back"
        ),
        "gains": draw_gains(evidence["gains"], "days since the last purchase"),
        "deciles": draw_deciles(evidence["deciles"]),
        "frequency_recency": draw_frequency_recency(frequency_recency(result.judged, p_return)),
    }
