"""What each formula of the feature expressions does to columns, by the name of Ibis' operation.

A formula of something missing is missing, but for those that ask whether it is. Whole numbers and floats are
those of NumPy; dividing gives floats.
"""

from collections.abc import Callable
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import numpy as np

from features.arrays.column import MICROSECONDS, Column, either, truth

Formula = Callable[..., Column]


def _lifted(function: Callable[..., Any]) -> Formula:
    def formula(*columns: Column) -> Column:
        missing = None
        for column in columns:
            missing = either(missing, column.missing)
        return Column(function(*(column.values for column in columns)), missing)

    return formula


def _rounded(values: Any) -> Any:
    """To the nearest whole number, halves away from zero."""
    whole = np.rint(values)
    off = values - whole
    off = np.abs(off, out=off if np.ndim(off) else None)
    if np.max(off, initial=0.0) < 0.5:
        return whole
    return np.where(off == 0.5, values + np.copysign(0.5, values), whole)


def _null_if(column: Column, other: Column) -> Column:
    same = column.values == other.values
    if other.missing is not None:
        same = same & ~other.missing
    return Column(column.values, either(column.missing, same))


def _coalesce(*columns: Column) -> Column:
    values, missing = columns[0].values, columns[0].missing
    for other in columns[1:]:
        if missing is None:
            break
        values = np.where(missing, other.values, values)
        missing = None if other.missing is None else missing & other.missing
    return Column(values, missing)


def _least(*columns: Column) -> Column:
    values, missing = columns[0].values, columns[0].missing
    for other in columns[1:]:
        smaller = np.minimum(values, other.values)
        if missing is not None:
            smaller = np.where(missing, other.values, smaller)
        if other.missing is not None:
            smaller = np.where(other.missing, values, smaller)
        values = smaller
        missing = None if missing is None or other.missing is None else missing & other.missing
    return Column(values, missing)


def _if_else(condition: Column, then: Column, otherwise: Column) -> Column:
    held = truth(condition)
    if otherwise.missing is np.True_:
        return then if np.all(held) else Column(then.values, either(~held, then.missing))
    missing = None
    if then.missing is not None or otherwise.missing is not None:
        none = np.False_
        missing = np.where(
            held,
            none if then.missing is None else then.missing,
            none if otherwise.missing is None else otherwise.missing,
        )
    return Column(np.where(held, then.values, otherwise.values), missing)


def _equals(left: Column, right: Column) -> Column:
    if left.words is None and right.words is None:
        return Column(left.values == right.values, either(left.missing, right.missing))
    if left.words is None:
        left, right = right, left
    if left.words is None or right.words is None or len(right.words) != 1:
        raise NotImplementedError("Texts are compared with one text only.")
    return Column(left.values == _place(left, right.words[0]), either(left.missing, right.missing))


def _in_values(column: Column, *options: Column) -> Column:
    held = np.False_
    for option in options:
        held = held | _equals(column, option).values
    return Column(held, column.missing)


def _place(column: Column, word: str) -> int:
    words = column.words or ()
    return words.index(word) if word in words else -1


def _logical(function: Callable[..., Any], decides: bool) -> Formula:
    """AND or OR; `decides` is what one side alone settles it by, whatever the other is."""

    def formula(left: Column, right: Column) -> Column:
        missing = either(left.missing, right.missing)
        if missing is not None:
            for side in (left, right):
                settled = side.values == decides
                missing = missing & ~(settled if side.missing is None else settled & ~side.missing)
        return Column(function(left.values, right.values), missing)

    return formula


def _epoch_seconds(column: Column) -> Column:
    return Column(column.values / MICROSECONDS, column.missing)


def _day(column: Column) -> Any:
    return np.asarray(column.values, dtype="datetime64[D]")


def _month(column: Column) -> Column:
    return Column(_day(column).astype("datetime64[M]").astype(np.int64) % 12 + 1, column.missing)


def _day_of_year(column: Column) -> Column:
    days = _day(column)
    return Column((days - days.astype("datetime64[Y]")).astype(np.int64) + 1, column.missing)


def cast_to(dtype: dt.DataType) -> Formula:
    """The formula that makes columns of that type."""
    if dtype.is_boolean():
        return lambda column: Column(np.asarray(column.values).astype(bool), column.missing)
    if dtype.is_floating():
        return lambda column: Column(np.asarray(column.values, np.float64), column.missing)
    if dtype.is_integer():
        return _to_whole
    raise NotImplementedError(f"No column is made of {dtype} here.")


def _to_whole(column: Column) -> Column:
    """Whole numbers of whatever width they have: it says how an engine stores them, and no more."""
    values = np.asarray(column.values)
    if values.dtype.kind == "f":
        values = np.rint(values if column.missing is None else np.where(column.missing, 0.0, values))
    return column if values.dtype.kind == "i" else Column(values.astype(np.int64), column.missing)


AT_LEAST, AT_MOST = _lifted(np.maximum), _lifted(np.minimum)

FORMULAS: dict[type[ops.Node], Formula] = {
    ops.Add: _lifted(np.add),
    ops.Subtract: _lifted(np.subtract),
    ops.Multiply: _lifted(np.multiply),
    ops.Divide: _lifted(np.true_divide),
    ops.Modulus: _lifted(np.mod),
    ops.Negate: _lifted(np.negative),
    ops.Round: _lifted(_rounded),
    ops.Ceil: _lifted(np.ceil),
    ops.Log: _lifted(np.log),
    ops.Exp: _lifted(np.exp),
    ops.Sqrt: _lifted(np.sqrt),
    ops.Sin: _lifted(np.sin),
    ops.Cos: _lifted(np.cos),
    ops.Equals: _equals,
    ops.Less: _lifted(np.less),
    ops.LessEqual: _lifted(np.less_equal),
    ops.Greater: _lifted(np.greater),
    ops.GreaterEqual: _lifted(np.greater_equal),
    ops.And: _logical(np.logical_and, False),
    ops.Or: _logical(np.logical_or, True),
    ops.Not: _lifted(np.logical_not),
    ops.IsNull: lambda column: Column(_unknown(column)),
    ops.NotNull: lambda column: Column(~_unknown(column)),
    ops.NullIf: _null_if,
    ops.Coalesce: _coalesce,
    ops.Least: _least,
    ops.IfElse: _if_else,
    ops.InValues: _in_values,
    ops.ExtractEpochSeconds: _epoch_seconds,
    ops.ExtractMonth: _month,
    ops.ExtractDayOfYear: _day_of_year,
    ops.DateDelta: _lifted(lambda part, left, right: np.subtract(left, right)),
}


def _unknown(column: Column) -> Any:
    return np.zeros(np.shape(column.values), bool) if column.missing is None else column.missing
