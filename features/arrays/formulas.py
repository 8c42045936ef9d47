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


def _divided(left: Any, right: Any) -> Any:
    return np.true_divide(left, right)


def _rounded(values: Any) -> Any:
    """To the nearest whole number, halves away from zero."""
    whole = np.rint(values)
    off = np.abs(values - whole)
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
        return Column(then.values, either(~held, then.missing))
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
    held = np.zeros(np.shape(column.values), bool)
    for option in options:
        held |= _equals(column, option).values
    return Column(held, column.missing)


def _place(column: Column, word: str) -> int:
    words = column.words or ()
    return words.index(word) if word in words else -1


def _and(left: Column, right: Column) -> Column:
    return _logical(left, right, np.logical_and, False)


def _or(left: Column, right: Column) -> Column:
    return _logical(left, right, np.logical_or, True)


def _logical(left: Column, right: Column, function: Callable[..., Any], decides: bool) -> Column:
    values = function(left.values, right.values)
    missing = either(left.missing, right.missing)
    if missing is not None:
        # Known all the same where one side alone settles it.
        for side in (left, right):
            settled = side.values == decides
            missing = missing & ~(settled if side.missing is None else settled & ~side.missing)
        values = np.where(missing, False, values) if not decides else values
    return Column(values, missing)


def _clip(column: Column, *bounds: Column | None) -> Column:
    lower, upper = bounds
    values = column.values
    if lower is not None:
        values = np.maximum(values, lower.values)
    if upper is not None:
        values = np.minimum(values, upper.values)
    return Column(values, column.missing)


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


FORMULAS: dict[type[ops.Node], Formula] = {
    ops.Add: _lifted(np.add),
    ops.Subtract: _lifted(np.subtract),
    ops.Multiply: _lifted(np.multiply),
    ops.Divide: _lifted(_divided),
    ops.Modulus: _lifted(np.mod),
    ops.Negate: _lifted(np.negative),
    ops.Abs: _lifted(np.abs),
    ops.Round: _lifted(_rounded),
    ops.Ceil: _lifted(np.ceil),
    ops.Log: _lifted(np.log),
    ops.Ln: _lifted(np.log),
    ops.Exp: _lifted(np.exp),
    ops.Sqrt: _lifted(np.sqrt),
    ops.Sin: _lifted(np.sin),
    ops.Cos: _lifted(np.cos),
    ops.Equals: _equals,
    ops.NotEquals: lambda left, right: Column(
        ~_equals(left, right).values, either(left.missing, right.missing)
    ),
    ops.Less: _lifted(np.less),
    ops.LessEqual: _lifted(np.less_equal),
    ops.Greater: _lifted(np.greater),
    ops.GreaterEqual: _lifted(np.greater_equal),
    ops.And: _and,
    ops.Or: _or,
    ops.Not: _lifted(np.logical_not),
    ops.IsNull: lambda column: Column(_unknown(column)),
    ops.NotNull: lambda column: Column(~_unknown(column)),
    ops.NullIf: _null_if,
    ops.Coalesce: _coalesce,
    ops.Least: _least,
    ops.IfElse: _if_else,
    ops.InValues: _in_values,
    ops.Clip: _clip,
    ops.ExtractEpochSeconds: _epoch_seconds,
    ops.ExtractMonth: _month,
    ops.ExtractDayOfYear: _day_of_year,
    ops.DateDelta: _lifted(lambda part, left, right: np.subtract(left, right)),
}


def _unknown(column: Column) -> Any:
    return np.zeros(np.shape(column.values), bool) if column.missing is None else column.missing
