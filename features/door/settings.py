"""The `[data]` section of tenure.toml: where the shop's tables are and how they are to be read."""

import difflib
import zoneinfo
from collections.abc import Iterable
from datetime import date
from typing import Literal, Self

import pydantic

from features.door.tables import SHAPES
from features.door.time_format import check_format

TableName = Literal["purchases", "interactions", "customers", "subscriptions"]


class DataSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Each table is a file (Parquet or CSV), a folder or pattern of Parquet files, or a table of the backend.

    `staging` is a folder that Spark's workers can write to and Tenure can read, for the answers on their way.
    `columns` and `time_formats` go from Tenure's names to the shop's; `attributes` are columns of
    `customers` that are used as features. A shop of contracts gives `subscriptions`, with or without
    `purchases`; `observed_until` is the first day that the table of contracts knows nothing of, and with
    `calendar_months` a period of 28 to 31 days is a month, and so on.
    """

    backend: str = "duckdb://"
    purchases: str | None = pydantic.Field(None, min_length=1)
    subscriptions: str | None = pydantic.Field(None, min_length=1)
    observed_until: date | None = None
    calendar_months: bool = False
    interactions: str | None = pydantic.Field(None, min_length=1)
    customers: str | None = pydantic.Field(None, min_length=1)
    quarantine: str = pydantic.Field("var/rejected", min_length=1)
    staging: str | None = pydantic.Field(None, min_length=1)
    timezone: str = "UTC"
    max_rejected_share: float = pydantic.Field(0.01, ge=0, le=1)
    columns: dict[TableName, dict[str, str]] = {}
    time_formats: dict[TableName, dict[str, str]] = {}
    attributes: tuple[str, ...] = ()
    unknown_customers: Literal["reject", "keep"] = "reject"
    memory_limit: str = "3GB"
    threads: int | None = pydantic.Field(None, ge=1)

    @pydantic.field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, name: str) -> str:
        known = zoneinfo.available_timezones()
        if name not in known:
            raise ValueError(f"there is no such time zone{perhaps(name, known)}")
        return name

    @pydantic.model_validator(mode="after")
    def _something_is_sold(self) -> Self:
        if self.purchases is None and self.subscriptions is None:
            raise ValueError("purchases is missing: name the table of orders, or subscriptions, or both")
        if self.observed_until is not None and self.subscriptions is None:
            raise ValueError("observed_until is about the table of subscriptions, and none is named")
        return self

    @pydantic.model_validator(mode="after")
    def _names_are_ours(self) -> Self:
        for key, named in (("columns", self.columns), ("time_formats", self.time_formats)):
            for table, entries in named.items():
                ours = [column.name for column in SHAPES[table].columns]
                ours += self.attributes if table == "customers" and key == "columns" else ()
                for name in entries:
                    if name not in ours:
                        raise ValueError(
                            f"{key}.{table}.{name}: there is no such column{perhaps(name, ours)}"
                        )
        for table, formats in self.time_formats.items():
            for name, written in formats.items():
                if SHAPES[table].column(name).kind != "time":
                    raise ValueError(f"time_formats.{table}.{name}: that column holds no times")
                check_format(written)
        taken = [column.name for column in SHAPES["customers"].columns]
        for name in self.attributes:
            if name in taken or self.attributes.count(name) > 1:
                raise ValueError(f"attributes: {name!r} is taken; name each attribute once")
        return self

    def locations(self) -> dict[TableName, str]:
        """Where the given tables are, in the order in which they are checked."""
        given: dict[TableName, str | None] = {
            "customers": self.customers,
            "purchases": self.purchases,
            "subscriptions": self.subscriptions,
            "interactions": self.interactions,
        }
        return {table: location for table, location in given.items() if location is not None}


def perhaps(name: str, known: Iterable[str]) -> str:
    """ "; perhaps 'x'" where something known is close to `name`, else nothing."""
    close = difflib.get_close_matches(plain(name), found := {plain(entry): entry for entry in known}, n=1)
    return f"; perhaps {found[close[0]]!r}" if close else ""


def plain(name: str) -> str:
    """A name without capitals, spaces and signs between its words."""
    return "".join(filter(str.isalnum, name)).casefold()
