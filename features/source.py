"""Where the shop's tables are, and the one connection through which they are read."""

from pathlib import Path
from typing import Any, Literal

import ibis
import pydantic

from features.errors import ConfigurationError

TableName = Literal["purchases", "interactions", "customers"]


class DataSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """The `[data]` section of tenure.toml."""

    backend: str = "duckdb://"
    purchases: str
    interactions: str | None = None
    customers: str | None = None
    quarantine: str
    timezone: str = "UTC"
    max_rejected_share: float = pydantic.Field(0.01, ge=0, le=1)
    columns: dict[TableName, dict[str, str]] = {}
    attributes: list[str] = []
    time_formats: dict[TableName, dict[str, str]] = {}
    unknown_customers: Literal["reject", "keep"] = "reject"
    memory_limit: str = "4GB"
    threads: int | None = pydantic.Field(None, ge=1)


def connect(settings: DataSettings, folder: Path) -> Any:
    """Open the backend; an embedded DuckDB can read the shop's own files and nothing else."""
    if not settings.backend.startswith("duckdb://"):
        return ibis.connect(settings.backend)
    limits: dict[str, Any] = {"memory_limit": settings.memory_limit}
    if settings.threads is not None:
        limits["threads"] = settings.threads
    con = ibis.duckdb.connect(autoinstall_known_extensions=False, autoload_known_extensions=False, **limits)
    return con


def read_source(con: Any, location: str, folder: Path) -> Any:
    """The table at `location`: a Parquet or CSV file below `folder`, or a table of the backend."""
    path = folder / location
    if location.endswith(".parquet"):
        return con.read_parquet(str(path))
    if location.endswith(".csv"):
        return con.read_csv(str(path), all_varchar=True)
    try:
        return con.table(location)
    except Exception as reason:
        raise ConfigurationError(f"{location}: neither a file nor a table ({reason})") from reason
