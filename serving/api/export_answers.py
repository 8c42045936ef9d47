"""The shape of an export's manifest."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field


class ExportAnswer(BaseModel):
    """An export's manifest; what is not known before it is done, or never will be, is null."""

    id: str
    status: Literal["waiting", "running", "done", "failed"]
    requested_at: datetime
    finished_at: datetime | None
    format: Literal["csv", "ndjson", "parquet"]
    preset: Literal["hubspot", "salesforce"] | None
    raw: bool
    error: str | None = Field(description="why it failed")
    file: str | None = Field(description="where to fetch it")
    as_of: date | None
    scored_at: datetime | None
    model_version: str | None
    batch: int | None = Field(description="the sequence of the batch")
    columns: list[str] | None
    rows: int | None
    bytes: int | None
    sha256: str | None
