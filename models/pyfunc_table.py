"""The tables of the registered model in MLflow's terms: features in, plain columns out."""

import json
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

from features.feature import Feature
from models.scores import ANSWERS, Kind

_PLAIN: dict[Kind, str] = {
    "text": "string",
    "integer": "double",
    "number": "double",
    "flag": "boolean",
    "date": "string",
    "time": "string",
    "reasons": "string",
}


def sign(catalogue: Sequence[Feature], trained_as_of: date) -> ModelSignature:
    """The signature: the catalogue's columns in, the answers out, and the date of the features as `as_of`."""
    columns = [ColSpec("string", "customer_id")]
    columns += [
        ColSpec("long" if feature.dtype == "int64" else "double", feature.name, required=True)
        for feature in catalogue
    ]
    answers = [ColSpec("string", "customer_id"), *(ColSpec(_PLAIN[a.kind], a.name) for a in ANSWERS)]
    return ModelSignature(
        inputs=Schema(columns),
        outputs=Schema(answers),
        params=ParamSchema([ParamSpec("as_of", "string", trained_as_of.isoformat())]),
    )


def to_plain_columns(answers: pd.DataFrame) -> pd.DataFrame:
    """Text, numbers and flags only: dates in ISO form, reasons as JSON, a missing count as nan."""
    plain: dict[str, object] = {"customer_id": answers["customer_id"].astype(object)}
    for answer in ANSWERS:
        cells = answers[answer.name]
        match answer.kind:
            case "reasons":
                plain[answer.name] = [json.dumps(cell, ensure_ascii=False) for cell in cells]
            case "date":
                days = pd.to_datetime(cells)
                plain[answer.name] = days.dt.strftime("%Y-%m-%d").astype(object).where(days.notna(), None)
            case "number" | "integer":
                plain[answer.name] = cells.to_numpy(dtype=float, na_value=np.nan)
            case "flag":
                plain[answer.name] = cells.astype(bool)
            case _:
                plain[answer.name] = cells.astype(object).where(cells.notna(), None)
    return pd.DataFrame(plain, index=answers.index)
