"""Cells as given, turned into what their columns hold, with what is wrong where they cannot be."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis

from features.door.faults import EMPTY, FRACTION, LONGEST_ID, NO_FLAG, TOO_LONG, UNPRINTABLE
from features.door.numbers import typed_number, written_number
from features.door.steps import Parts, Step, first_fault, take_steps
from features.door.tables import Column
from features.door.time_format import EPOCHS
from features.door.times import counted_time, typed_time, written_time
from features.door.trimmed import trimmed
from features.errors import DataError

LARGEST_WHOLE = 2**53
"""Floats hold every whole number up to here."""

# Without escapes and POSIX classes, which the engines read differently.
CONTROL = "[^ -~\u00a0-\U0010ffff]"
VISIBLE = "[^ \u00a0\u2000-\u200b\u2028\u2029\u3000\ufeff]"
VISIBLE_ASCII = (ord("!"), ord("~"))
WHOLE_FLOAT = "^(0|[1-9][0-9]{0,15})[.]0$"
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def read_cells(
    given: Any,
    table: str,
    columns: Sequence[Column],
    formats: Mapping[str, str],
    zone: str,
    engine: str,
    whole_ids: bool,
) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """A table around `given`, and in it each column's value, and what is wrong where it has none.

    A missing cell has no value, and nothing is wrong with it unless its column is required. With `whole_ids`,
    ids such as "17850.0" are taken for whole numbers that passed through a float. Raises DataError when
    cells of a type cannot hold their column.
    """
    present = {column.name: _presence(given[column.name], column) for column in columns}
    plain = given.mutate(**present)
    steps = {}
    for column in columns:
        own = _steps(column, plain[column.name].type(), formats.get(column.name), zone, engine)
        if own is None:
            raise DataError(_unfit(table, column, given[column.name].type()))
        steps[column.name] = [*own, _of_whole_ids] if whole_ids and column.kind == "id" else own
    read, parts = take_steps(plain, steps)
    values, faults = {}, {}
    for column in columns:
        missing = parts[column.name]["cell"].isnull()
        value, fault = parts[column.name]["value"], parts[column.name]["fault"]
        values[column.name] = missing.ifelse(ibis.null(value.type()), value)
        faults[column.name] = missing.ifelse(EMPTY if column.required else ibis.null("string"), fault)
    return read, values, faults


def is_whole_float(text: Any) -> Any:
    """Whether a text is a whole number that passed through a float, such as "17850.0"."""
    return text.endswith(".0") & text.re_search(WHOLE_FLOAT)  # the first is cheap, and few get to the second


def _presence(cell: Any, column: Column) -> Any:
    """The cell, null where it is blank, or NaN in a number that may be missing."""
    if cell.type().is_null() or (cell.type().is_unknown() and '"NULL"' in str(cell.type())):
        return cell.cast("string")
    if cell.type().is_unknown() and "TIMESTAMPTZ_NS" in str(cell.type()):
        # DuckDB 2 has a type for zoned nanoseconds, which Ibis 12 does not know.
        return cell.cast("timestamp('UTC')")
    if cell.type().is_string():
        # Most cells begin with a letter or a digit; the pattern is looked for in the others alone.
        begins_visibly = cell.ascii_str().between(*VISIBLE_ASCII)
        return (begins_visibly | cell.re_search(VISIBLE)).ifelse(cell, ibis.null("string"))
    if cell.type().is_floating() and column.kind != "amount":
        return cell.isnan().ifelse(ibis.null(cell.type()), cell)
    return cell


def _steps(column: Column, given: Any, written: str | None, zone: str, engine: str) -> list[Step] | None:
    match column.kind, _family(given):
        case "id", "fraction":
            return [_whole_as_text, _fraction_fault]
        case "id", "text" | "whole" | "flag" | "time" | "date":
            return [_as_text, _id_fault]
        case "text", "text" | "whole" | "fraction" | "flag" | "time" | "date":
            return [_as_text, _no_fault]
        case "amount" | "number", "text":
            return written_number()
        case "amount" | "number", "whole" | "fraction":
            return typed_number()
        case "flag", "text" | "whole" | "flag":
            return [_flag, _flag_fault]
        case "time", "time" | "date":
            return typed_time(zone, engine)
        case "time", "text" | "whole" if written in EPOCHS:
            return counted_time(str(written))
        case "time", "text":
            return written_time(written, zone, engine)
        case "time", "whole" if written is not None:
            return written_time(written, zone, engine)
    return None


def _family(given: Any) -> str:
    if given.is_string() or given.is_uuid():
        return "text"
    if given.is_boolean():
        return "flag"
    if given.is_integer():
        return "whole"
    if given.is_floating() or given.is_decimal():
        return "fraction"
    if given.is_timestamp():
        return "time"
    return "date" if given.is_date() else "other"


def _as_text(known: Parts) -> Parts:
    return {"value": known["cell"].cast("string")}


def _no_fault(known: Parts) -> Parts:
    return {"fault": ibis.null("string")}


def _id_fault(known: Parts) -> Parts:
    text = known["value"]
    return first_fault((text.re_search(CONTROL), UNPRINTABLE), (text.length() > LONGEST_ID, TOO_LONG))


def _of_whole_ids(known: Parts) -> Parts:
    text = known["value"]
    return {"value": is_whole_float(text).ifelse(text.substr(0, text.length() - 2), text)}


def _whole_as_text(known: Parts) -> Parts:
    number = known["cell"].cast("float64")
    is_whole = (number == number.floor()) & (number.abs() <= LARGEST_WHOLE)
    return {"is_whole": is_whole, "value": is_whole.ifelse(number, 0.0).cast("int64").cast("string")}


def _fraction_fault(known: Parts) -> Parts:
    return first_fault((~known["is_whole"], FRACTION))


def _flag(known: Parts) -> Parts:
    text = trimmed(known["cell"].cast("string")).lower()
    return {"value": text.isin(TRUE), "is_flag": text.isin(TRUE + FALSE)}


def _flag_fault(known: Parts) -> Parts:
    return first_fault((~known["is_flag"], NO_FLAG))


def _unfit(table: str, column: Column, given: Any) -> str:
    kinds = {"id": "ids", "text": "text", "amount": "numbers", "number": "numbers", "flag": "flags"}
    sentence = (
        f"{table}.{column.name} holds {given}, which cannot be read as {kinds.get(column.kind, 'times')}."
    )
    if column.kind == "time" and given.is_integer():
        return (
            f"{sentence} Say what it counts: [data.time_formats.{table}] {column.name} = "
            '"epoch_seconds", "epoch_milliseconds" or a format such as "%Y%m%d".'
        )
    return f"{sentence} Map another column, or export this one as plain values."
