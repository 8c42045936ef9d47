"""What the door saw that is no fault, and that the shop should know all the same."""

from typing import Any

from features.door.cells import is_whole_float
from features.door.events import MOMENTS
from features.door.tables import SHAPES
from features.door.trimmed import trimmed


def write_notes(table: str, given: Any, admitted: Any, timezone: str) -> tuple[str, ...]:
    """Sentences on a table as given and as admitted; none where there is nothing to say."""
    notes = _ids_through_floats(table, given)
    if table in MOMENTS and timezone != "UTC":
        notes += _all_at_midnight(table, admitted, timezone)
    if "currency" in given.columns:
        notes += _without_currency(given)
    return tuple(notes)


def _ids_through_floats(table: str, given: Any) -> list[str]:
    ids = [
        column.name
        for column in SHAPES[table].columns
        if column.kind == "id" and column.name in given.columns
    ]
    text = [name for name in ids if given[name].type().is_string()]
    counts = given.aggregate(
        **{name: given.count(where=is_whole_float(given[name])) for name in text},
        rows=given.count(),
    )
    (found,) = counts.to_pyarrow().to_pylist()
    return [
        f"{table}.{name}: {found[name]:,} ids are written as fractions, such as 17850.0, and read as 17850."
        for name in text
        if found[name]
    ]


def _all_at_midnight(table: str, admitted: Any, timezone: str) -> list[str]:
    at = admitted[MOMENTS[table]]
    counts = admitted.aggregate(rows=admitted.count(), midnights=admitted.count(where=at == at.truncate("D")))
    (found,) = counts.to_pyarrow().to_pylist()
    if not found["rows"] or found["midnights"] < found["rows"]:
        return []
    return [
        f"{table}.{MOMENTS[table]}: every time is midnight in UTC, which is another hour in {timezone}. If "
        "these are days, export them as dates without a time."
    ]


def _without_currency(given: Any) -> list[str]:
    blank = trimmed(given.currency.cast("string")).fill_null("") == ""
    (found,) = given.aggregate(rows=given.count(where=blank)).to_pyarrow().to_pylist()
    if not found["rows"]:
        return []
    return [
        f"purchases.currency: {found['rows']:,} rows name none and are taken to be in the shop's currency."
    ]
