"""Rules over scores and features: a small language, read by Python's parser and never run by it.

Columns, numbers, texts in quotes, true and false; comparisons, also chained; `in (...)`, `is None`; and, or,
not, brackets; + - * / between numbers. A comparison with a missing value is neither true nor false, and
whoever is not in for certain is not in.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from features.door.settings import perhaps

Kind = Literal["number", "text", "flag"]
LONGEST = 1_000
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda of, by: pd.NA if isinstance(by, float) and by == 0 else of / by,
}
DTYPES: dict[Kind, Any] = {"number": "Float64", "text": "string", "flag": "boolean"}


@dataclass(frozen=True)
class Term:
    """A part of a rule: what kind of value it has, and how to find it in a frame; a constant needs none."""

    kind: Kind
    of: Callable[[pd.DataFrame], Any]


class RuleError(ValueError):
    """The rule cannot be read; the sentence says where and what to do."""


def parse(text: str) -> ast.expr:
    """The rule's tree; RuleError where it is no expression of this language. Columns are not looked at."""
    if len(text) > LONGEST:
        raise RuleError(f"is longer than {LONGEST:,} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        where = f" at column {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise RuleError(
            f"cannot be read{where}; write it like: churn_probability > 0.6 and rfm_segment in ('LOYAL', 'NEW')"
        ) from None
    try:
        _term(tree, None)
    except RecursionError:
        raise RuleError("is nested too deeply") from None
    except OverflowError:
        raise RuleError("holds a number that is too large") from None
    return tree


def compile_rule(text: str, columns: Mapping[str, Kind]) -> Callable[[pd.DataFrame], "pd.Series[bool]"]:
    """Who of a frame with these columns is in; RuleError where a column is unknown or of another kind."""
    term = _term(parse(text), columns)
    if term.kind != "flag":
        raise RuleError(f"is a {term.kind}, neither true nor false; compare it with something")

    def members(frame: pd.DataFrame) -> "pd.Series[bool]":
        found = term.of(frame)
        return pd.Series(found, index=frame.index, dtype="boolean").fillna(False).astype(bool)

    return members


def _term(node: ast.expr, columns: Mapping[str, Kind] | None) -> Term:
    """`columns` is None where only the language is checked: any name then may be of any kind."""
    match node:
        case ast.Constant(value=bool() as flag):
            return Term("flag", lambda frame: flag)
        case ast.Constant(value=int() | float() as number):
            value = float(number)
            return Term("number", lambda frame: value)
        case ast.Constant(value=str() as words):
            return Term("text", lambda frame: words)
        case ast.Name(id=name):
            return _column(name, columns)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            term = _of_kind(_term(operand, columns), "flag", "not", columns)
            return Term("flag", lambda frame: ~pd.Series(term.of(frame), index=frame.index, dtype="boolean"))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            term = _of_kind(_term(operand, columns), "number", "-", columns)
            return Term("number", lambda frame: -term.of(frame))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            combine = ARITHMETIC[type(op)]
            first, second = (
                _of_kind(_term(part, columns), "number", "arithmetic", columns) for part in (left, right)
            )
            return Term("number", lambda frame: combine(first.of(frame), second.of(frame)))
        case ast.BoolOp(op=op, values=values):
            return _joined(
                op, [_of_kind(_term(part, columns), "flag", "and / or", columns) for part in values]
            )
        case ast.Compare():
            return _compared(node, columns)
    raise RuleError(
        f"holds `{ast.unparse(node)[:40]}`, which is no part of a rule; there are columns, numbers, 'texts', "
        "comparisons, in, is None, and, or, not"
    )


def _column(name: str, columns: Mapping[str, Kind] | None) -> Term:
    if columns is None:
        return Term("flag", lambda frame: frame[name])
    if name == "churn_percentile" and name not in columns:
        raise RuleError(
            "names churn_percentile, which is only known once everybody has a score; use churn_probability"
        )
    if name not in columns:
        raise RuleError(f"names {name!r}; there is no such column{perhaps(name, columns)}")
    dtype = DTYPES[columns[name]]
    return Term(columns[name], lambda frame: frame[name].astype(dtype))


def _of_kind(term: Term, kind: Kind, where: str, columns: Mapping[str, Kind] | None) -> Term:
    if columns is not None and term.kind != kind:
        raise RuleError(f"has a {term.kind} where {where} takes a {kind}")
    return term


def _joined(op: ast.boolop, terms: list[Term]) -> Term:
    combine = operator.and_ if isinstance(op, ast.And) else operator.or_

    def joined(frame: pd.DataFrame) -> Any:
        series = [pd.Series(term.of(frame), index=frame.index, dtype="boolean") for term in terms]
        found = series[0]
        for other in series[1:]:
            found = combine(found, other)
        return found

    return Term("flag", joined)


def _compared(node: ast.Compare, columns: Mapping[str, Kind] | None) -> Term:
    left, parts = node.left, []
    for op, right in zip(node.ops, node.comparators, strict=True):
        parts.append(_comparison(left, op, right, columns))
        left = right
    return parts[0] if len(parts) == 1 else _joined(ast.And(), parts)


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, columns: Mapping[str, Kind] | None) -> Term:
    first = _term(left, columns)
    if isinstance(op, ast.Is | ast.IsNot):
        if not (isinstance(right, ast.Constant) and right.value is None and isinstance(left, ast.Name)):
            raise RuleError("uses `is` for something other than `column is None`; compare with ==")
        missing = isinstance(op, ast.Is)
        return Term("flag", lambda frame: first.of(frame).isna() == missing)
    if isinstance(op, ast.In | ast.NotIn):
        if not (isinstance(right, ast.Tuple | ast.List) and right.elts):
            raise RuleError("needs a list after `in`, such as ('LOYAL', 'NEW')")
        among = _joined(ast.Or(), [_equal(first, _term(one, columns), columns) for one in right.elts])
        return among if isinstance(op, ast.In) else Term("flag", lambda frame: ~among.of(frame))
    second = _term(right, columns)
    if isinstance(op, ast.Eq | ast.NotEq):
        equal = _equal(first, second, columns)
        if isinstance(op, ast.Eq):
            return equal
        return Term("flag", lambda frame: ~pd.Series(equal.of(frame), index=frame.index, dtype="boolean"))
    if columns is not None and (first.kind != second.kind or first.kind == "flag"):
        raise RuleError(f"compares a {first.kind} with a {second.kind} in `{ast.unparse(left)[:40]} ...`")
    compare = COMPARISONS[type(op)]
    return Term("flag", lambda frame: compare(first.of(frame), second.of(frame)))


def _equal(first: Term, second: Term, columns: Mapping[str, Kind] | None) -> Term:
    if columns is not None and first.kind != second.kind:
        raise RuleError(
            f"compares a {first.kind} with a {second.kind}; texts stand in quotes, numbers do not"
        )
    return Term("flag", lambda frame: first.of(frame) == second.of(frame))
