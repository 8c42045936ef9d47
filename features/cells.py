"""Cells as given, turned into what their columns hold, with what is wrong where they cannot be."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis

from features.errors import DataError
from features.faults import (
    EMPTY,
    FRACTION,
    LARGEST_AMOUNT,
    LONGEST_ID,
    NO_FLAG,
    NO_NUMBER,
    NOT_FINITE,
    TOO_LARGE,
    TOO_LONG,
    UNPRINTABLE,
    Faults,
)
from features.tables import Column
from features.time_format import EPOCHS
from features.times import counted_time, counted_time_in_text, parse_times, typed_time, written_time

LARGEST_WHOLE = 2**53
"""Floats hold every whole number up to here."""

# Without escapes and POSIX classes, which the engines read differently.
CONTROL = "[^ -~\u00a0-\U0010ffff]"
VISIBLE = "[^ \u00a0\u2000-\u200b\u2028\u2029\u3000\ufeff]"
WHOLE_FLOAT = "^(0|[1-9][0-9]{0,15})[.]0$"
NUMBER = "^[+-]?([0-9]{1,15}([.][0-9]{0,40})?|[.][0-9]{1,40})([eE][+-]?[0-9]{1,2})?$"
NUMBER_OF_ANY_SIZE = "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"
NON_FINITE = "^[+-]?(nan|inf|infinity)$"
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def prepare(table: Any, columns: Sequence[Column], formats: Mapping[str, str], zone: str, engine: str) -> Any:
    """The table with blank cells emptied and text taken apart where `read_cell` wants its parts."""
    given = table.schema()
    plain = {name: table[name].cast("string") for name, kind in given.items() if kind.is_null()}
    plain |= {
        name: table[name].re_search(VISIBLE).ifelse(table[name], ibis.null("string"))
        for name, kind in given.items()
        if kind.is_string()
    }
    table = table.mutate(**plain) if plain else table
    for column in columns:
        written = formats.get(column.name)
        if column.kind == "time" and _family(table[column.name].type()) == "whole" and written not in EPOCHS:
            table = table.mutate(**{column.name: table[column.name].cast("string")}) if written else table
        if column.kind == "time" and table[column.name].type().is_string() and written not in EPOCHS:
            table = parse_times(table, column.name, written, zone, engine)
    return table


def read_cell(
    table: Any, column: Column, shop_table: str, time_format: str | None, zone: str, engine: str
) -> tuple[Any, Faults]:
    """The column's value from a table out of `prepare`, and its faults; where one holds the value is void.

    Raises DataError when cells of this type cannot hold the column.
    """
    cell = table[column.name]
    match column.kind, _family(cell.type()):
        case "id" | "text", "fraction":
            value, faults = _whole_as_text(cell)
        case "id" | "text", "text" | "whole" | "flag" | "time" | "date":
            value, faults = cell.cast("string"), []
        case "amount" | "number", "text":
            value, faults = _number_in_text(cell.strip())
        case "amount" | "number", "whole" | "fraction":
            value, faults = _number(cell.cast("float64"))
        case "flag", "text" | "whole" | "flag":
            value, faults = _flag(cell.cast("string").strip().lower())
        case "time", "text" if time_format in EPOCHS:
            value, faults = counted_time_in_text(cell.strip(), str(time_format))
        case "time", "text":
            value, faults = written_time(table, column.name)
        case "time", "whole" if time_format in EPOCHS:
            value, faults = counted_time(cell, str(time_format))
        case "time", "time" | "date":
            value, faults = typed_time(cell, zone, engine)
        case _:
            raise DataError(_unfit(shop_table, column, cell.type()))
    if column.kind == "id":
        faults = [*faults, (value.re_search(CONTROL), UNPRINTABLE), (value.length() > LONGEST_ID, TOO_LONG)]
    if column.kind == "number" and cell.type().is_floating():
        # In a column that may be empty NaN is how a missing number is often written.
        faults = [(~cell.isnan() & condition, reason) for condition, reason in faults]
        value = cell.isnan().ifelse(ibis.null("float64"), value)
    if column.required:
        faults = [(cell.isnull(), EMPTY), *faults]
    # A missing cell has no value, whatever stood in for it while it was read.
    return cell.isnull().ifelse(ibis.null(value.type()), value), faults


def without_zero_fraction(value: Any) -> Any:
    """Ids that were floats on their way into text, "17850.0", as the whole numbers they were."""
    return value.re_search(WHOLE_FLOAT).ifelse(value.substr(0, value.length() - 2), value)


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


def _whole_as_text(cell: Any) -> tuple[Any, Faults]:
    number = cell.cast("float64")
    is_whole = (number == number.floor()) & (number.abs() <= LARGEST_WHOLE)
    return is_whole.ifelse(number, 0.0).cast("int64").cast("string"), [(~is_whole, FRACTION)]


def _number_in_text(text: Any) -> tuple[Any, Faults]:
    is_number = text.re_search(NUMBER)
    value, faults = _number(is_number.ifelse(text, "0").cast("float64"))
    return value, [
        (text.lower().re_search(NON_FINITE), NOT_FINITE),
        (~is_number & text.re_search(NUMBER_OF_ANY_SIZE), TOO_LARGE),
        (~is_number, NO_NUMBER),
        *faults,
    ]


def _number(value: Any) -> tuple[Any, Faults]:
    return value, [
        (value.isnan() | value.isinf(), NOT_FINITE),
        (value.abs() > LARGEST_AMOUNT, TOO_LARGE),
    ]


def _flag(text: Any) -> tuple[Any, Faults]:
    return text.isin(TRUE), [(~text.isin(TRUE + FALSE), NO_FLAG)]


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
