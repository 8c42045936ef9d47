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
    return pa.table([_column(answers[field.name], field) for field in SCHEMA], schema=SCHEMA)


def _column(cells: "pd.Series[Any]", field: Any) -> Any:
    if isinstance(cells.dtype, pd.ArrowDtype) and cells.dtype.pyarrow_dtype == field.type:
        return pa.array(cells)
    if not cells.notna().any():
        return pa.nulls(len(cells), field.type)  # a frame gives an empty column whatever type it likes
    if field.name == "reasons":
        return pa.array([_json(cell) for cell in cells], field.type)
    return pa.array(cells, field.type, from_pandas=True)


def _json(cell: Any) -> str | None:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list):
        return orjson.dumps(cell, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return None
