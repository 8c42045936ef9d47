"""Scores as an Arrow table: one set of types from the model to the store and to files."""

from typing import Any

import orjson
import pandas as pd
import pyarrow as pa

from models.scores import ANSWERS

TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "date": pa.date32(),
    "reasons": pa.string(),
}
SCHEMA = pa.schema([("customer_id", pa.string()), *((column.name, TYPES[column.kind]) for column in ANSWERS)])
"""customer_id and the model's answers; reasons as JSON text."""


def score_table(answers: pd.DataFrame) -> Any:
    """A pyarrow.Table of SCHEMA from a frame with its columns; reasons may be lists or JSON text.

    Whatever is missing, NaN too, is null. A number that does not fit its column's type raises.
    """
    reasons = [_json(cell) for cell in answers["reasons"]]
    return pa.Table.from_pandas(
        answers[SCHEMA.names].assign(reasons=pd.Series(reasons, index=answers.index, dtype=object)),
        schema=SCHEMA,
        preserve_index=False,
    )


def _json(cell: Any) -> str | None:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list):
        return orjson.dumps(cell, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return None
