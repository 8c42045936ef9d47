"""The shop's own days: the one place that speaks of time zones in each engine's words."""

from typing import Any

import ibis
import ibis.expr.datatypes as dt

from features.errors import ConfigurationError


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def _at_zone(zone: str, moment: dt.timestamp) -> dt.Timestamp("UTC"):  # type: ignore[valid-type]
    """Postgres and DuckDB: the instant at which clocks in `zone` show `moment`."""


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def _clock_in_zone(zone: str, instant: dt.Timestamp("UTC")) -> dt.timestamp:  # type: ignore[valid-type]
    """Postgres and DuckDB: what clocks in `zone` show at `instant`."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def from_utc_timestamp(moment: dt.timestamp, zone: str) -> dt.timestamp:
    """Spark: what clocks in `zone` show at `moment`, which is UTC."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def to_utc_timestamp(moment: dt.timestamp, zone: str) -> dt.timestamp:
    """Spark: the UTC time at which clocks in `zone` show `moment`."""


def local_day(moment: Any, zone: str, engine: str) -> Any:
    """The date that the shop's calendar shows at `moment`, a zone-less timestamp in UTC."""
    if zone == "UTC":
        return moment.date()
    if engine in ("duckdb", "postgres"):
        return _clock_in_zone(zone, _at_zone("UTC", moment)).date()
    if engine == "pyspark":
        return from_utc_timestamp(moment, zone).date()
    raise _unknown(engine)


def utc_of_local(moment: Any, zone: str, engine: str) -> Any:
    """The zone-less UTC timestamp at which the shop's clocks show `moment`.

    An hour that the clocks skip is read as the hour after it, one they show twice as either of the two.
    """
    if zone == "UTC":
        return moment
    if engine in ("duckdb", "postgres"):
        return _clock_in_zone("UTC", _at_zone(zone, moment))
    if engine == "pyspark":
        return to_utc_timestamp(moment, zone)
    raise _unknown(engine)


def _unknown(engine: str) -> ConfigurationError:
    return ConfigurationError(
        f'data.timezone: on {engine} the shop\'s days can only be counted in UTC. Set timezone = "UTC", '
        "or hand Tenure a table whose times are already shifted to the shop's zone."
    )
