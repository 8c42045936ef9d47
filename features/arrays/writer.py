"""Writing a feature query down as steps on arrays, from its expression.

Every table in it is read as sorted by customer, so that a group-by of customers finds its groups side by side and a
join of two tables by customer is a look-up. It knows the few shapes that feature expressions are made of and says so
of any other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ibis.expr.operations as ops

from features.arrays import groups, sorted_rows
from features.arrays.column import Column, truth
from features.arrays.formulas import AT_LEAST, AT_MOST, FORMULAS, cast_to

CUSTOMER = "customer_id"


@dataclass(frozen=True)
class Step:
    """`work` makes register `made` of the registers `read`; those of `done` are not read again."""

    work: Callable[..., Any]
    made: int
    read: tuple[int, ...]
    done: tuple[int, ...] = ()


@dataclass(frozen=True)
class Null:
    """Nothing, as a literal; of what type matters for texts alone."""

    is_text: bool


@dataclass(frozen=True)
class _Rows:
    """A table of the query: the register of each row's customer, and what gives the register of a column."""

    customers: int
    column: Callable[[str], int]


class Writer:
    """The steps so far, and the registers of what is given to them: columns of tables, and literals."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.given: dict[tuple[str, str], int] = {}
        self.literals: dict[int, Any] = {}
        self.size = 0
        self._known: dict[Any, Any] = {}
        self._unsorted: set[int] = set()
        self._joined: dict[ops.JoinReference, tuple[_Rows, int | None]] = {}

    def rows(self, op: ops.Relation) -> _Rows:
        """The rows of a table of the query."""
        key = ("rows", op)
        if key not in self._known:
            self._known[key] = self._rows(op)
        rows: _Rows = self._known[key]
        return rows

    def _rows(self, op: ops.Relation) -> _Rows:
        match op:
            case ops.PhysicalTable():
                return _Rows(self._take(op.name, CUSTOMER), lambda name: self._take(op.name, name))
            case ops.Project():
                parent = self.rows(op.parent)
                return _Rows(parent.customers, lambda name: self._value(op.values[name]))
            case ops.DropColumns():
                return self.rows(op.parent)
            case ops.Filter():
                return self._filtered(op)
            case ops.Aggregate():
                return self._aggregated(op)
            case ops.JoinChain():
                return self._side_by_side(op)
        raise NotImplementedError(f"{type(op).__name__} has no place in a feature query on arrays.")

    def _take(self, table: str, name: str) -> int:
        key = (table, name)
        if key not in self.given:
            self.given[key] = self._new()
            if name != CUSTOMER:
                self._unsorted.add(self.given[key])
        return self.given[key]

    def needed(self, register: int) -> int:
        """The same column, in order."""
        return self._step(sorted_rows.in_order, register) if register in self._unsorted else register

    def _filtered(self, op: ops.Filter) -> _Rows:
        parent = self.rows(op.parent)
        held = [self._step(truth, self._argument(predicate)) for predicate in op.predicates]
        places = self._step(sorted_rows.places, parent.customers, *held)

        def column(name: str) -> int:
            whole = parent.column(name)
            picked = self._step(sorted_rows.picked, whole, places)
            if whole in self._unsorted:
                self._unsorted.add(picked)
            return picked

        return _Rows(self._step(sorted_rows.picked_customers, parent.customers, places), column)

    def _aggregated(self, op: ops.Aggregate) -> _Rows:
        parent = self.rows(op.parent)
        customer, *others = op.groups.items()
        if not _names_customer(customer[1]) or len(others) > 1:
            raise NotImplementedError("A feature query groups by customer, and by one more column at most.")
        grouped = self._step(groups.by_customer, parent.customers)
        if others:
            grouped = self._step(groups.by_customer_and, parent.customers, self._argument(others[0][1]))
        customers = self._step(groups.first, parent.customers, grouped)

        def column(name: str) -> int:
            if name == customer[0]:
                return customers
            if others and name == others[0][0]:
                return self._step(_first_of_each, self._argument(others[0][1]), grouped)
            return self._value(op.metrics[name], grouped)

        return _Rows(customers, column)

    def _side_by_side(self, op: ops.JoinChain) -> _Rows:
        left = self.rows(op.first.parent)
        self._join(op.first, left, None)
        for link in op.rest:
            right = self.rows(link.table.parent)
            by_customer = all(
                isinstance(predicate, ops.Equals) and self._is_key(predicate.left, predicate.right, op, link)
                for predicate in link.predicates
            )
            if link.how != "left" or len(link.predicates) != 1 or not by_customer:
                raise NotImplementedError("Tables of a feature query are joined to the left, by customer.")
            self._join(link.table, right, self._step(sorted_rows.found, left.customers, right.customers))
        return _Rows(left.customers, lambda name: self._value(op.values[name]))

    def _is_key(self, left: ops.Value, right: ops.Value, op: ops.JoinChain, link: ops.JoinLink) -> bool:
        """Whether both sides of a join's condition are customers, whatever they are called there."""
        ours = isinstance(left, ops.Field) and left.rel == op.first and left.name == CUSTOMER
        theirs = isinstance(right, ops.Field) and right.rel == link.table
        joined = self.rows(link.table.parent)
        return ours and theirs and joined.column(right.name) == joined.customers

    def _join(self, reference: ops.JoinReference, rows: _Rows, places: int | None) -> None:
        if self._joined.setdefault(reference, (rows, places))[1] != places:
            raise NotImplementedError("One table is joined twice under one name.")

    def _argument(self, op: ops.Value, grouped: int | None = None) -> int:
        return self.needed(self._value(op, grouped))

    def _value(self, op: ops.Value, grouped: int | None = None) -> int:
        key = (op, grouped if _reduces(op) else None)
        if key not in self._known:
            self._known[key] = self._written(op, grouped)
        register: int = self._known[key]
        return register

    def _written(self, op: ops.Value, grouped: int | None) -> int:
        def value(argument: ops.Value) -> int:
            return self._argument(argument, grouped)

        match op:
            case ops.Field():
                return self._field(op)
            case ops.Literal():
                return self._literal(op)
            case ops.Alias():
                return value(op.arg)
            case ops.Cast(arg=ops.Literal(value=str() as text)):
                return self._constant(float(text))
            case ops.Cast():
                return self._step(cast_to(op.to), value(op.arg), key=str(op.to))
            case ops.Round() if op.digits is None or op.digits.value == 0:
                return self._step(FORMULAS[ops.Round], value(op.arg))
            case ops.Log() if op.base is None:
                return self._step(FORMULAS[ops.Log], value(op.arg))
            case ops.Coalesce(arg=(told, ops.Literal(value=int() | float() as otherwise))) if self._is_beside(
                told
            ):
                column, places = self._beside(told)
                return self._step(sorted_rows.looked_up_or, column, places, self._constant(otherwise))
            case ops.Coalesce() | ops.Least():
                return self._step(FORMULAS[type(op)], *map(value, op.arg))
            case ops.InValues():
                return self._step(FORMULAS[type(op)], value(op.value), *map(value, op.options))
            case ops.WindowFunction():
                return self._over(op)
            case ops.Reduction():
                if grouped is None:
                    raise NotImplementedError("A sum of a feature query is one of the rows of a customer.")
                return self._reduction(op, grouped)
            case ops.Clip():
                clipped = value(op.arg)
                for bound, within in ((op.lower, AT_LEAST), (op.upper, AT_MOST)):
                    clipped = clipped if bound is None else self._step(within, clipped, value(bound))
                return clipped
        if type(op) not in FORMULAS:
            raise NotImplementedError(f"{type(op).__name__} has no formula on arrays.")
        return self._step(FORMULAS[type(op)], *map(value, op.args))

    def _field(self, op: ops.Field) -> int:
        if op.rel in self._joined:
            rows, places = self._joined[op.rel]
            if op.name == CUSTOMER and places is None:
                return rows.customers
            column = rows.column(op.name)
            return (
                column if places is None else self._step(sorted_rows.looked_up, self.needed(column), places)
            )
        return self.rows(op.rel).column(op.name)

    def _is_beside(self, op: ops.Value) -> bool:
        """Whether it is a column of a table that was joined, or a cast of one."""
        field = op.arg if isinstance(op, ops.Cast) else op
        return isinstance(field, ops.Field) and self._joined.get(field.rel, (None, None))[1] is not None

    def _beside(self, op: ops.Value) -> tuple[int, int]:
        """That column, before it is looked up, and where each customer is found in it."""
        field = op.arg if isinstance(op, ops.Cast) else op
        rows, places = self._joined[field.rel]
        assert places is not None
        column = self.needed(rows.column(field.name))
        if isinstance(op, ops.Cast):
            column = self._step(cast_to(op.to), column, key=str(op.to))
        return column, places

    def _literal(self, op: ops.Literal) -> int:
        return self._constant(Null(op.dtype.is_string()) if op.value is None else op.value)

    def _constant(self, value: Any) -> int:
        register = self._new()
        self.literals[register] = value
        return register

    def _reduction(self, op: ops.Reduction, grouped: int) -> int:
        if getattr(op, "where", None) is not None:
            raise NotImplementedError("A sum of a feature query tells its condition by ifelse.")
        labels = self._step(groups.labels, grouped)
        match op:
            case ops.CountStar():
                return self._step(groups.count_rows, grouped)
            case ops.Count(
                arg=ops.IfElse(true_expr=ops.Literal(), false_null_expr=ops.Literal(value=None)) as arg
            ):
                return self._step(groups.count_hits, self._hits(arg.bool_expr, grouped))
            case ops.Count():
                return self._step(_count_known, self._argument(op.arg), labels, grouped)
            case ops.Sum(arg=ops.IfElse(false_null_expr=ops.Literal(value=None)) as arg):
                hits = self._hits(arg.bool_expr, grouped)
                return self._step(groups.total_of_hits, hits, self._argument(arg.true_expr))
            case ops.Sum():
                return self._step(groups.total, self._argument(op.arg), labels, grouped)
            case ops.Min():
                return self._step(groups.least, self._argument(op.arg), grouped)
            case ops.Max():
                return self._step(groups.most, self._argument(op.arg), grouped)
            case ops.CountDistinct():
                return self._step(groups.count_distinct, self._argument(op.arg), labels, grouped)
        raise NotImplementedError(f"{type(op).__name__} has no place in a feature query on arrays.")

    def _hits(self, condition: ops.Value, grouped: int) -> int:
        held = self._step(truth, self._argument(condition))
        return self._step(groups.hits, held, self._step(groups.labels, grouped), grouped)

    def _over(self, op: ops.WindowFunction) -> int:
        if len(op.group_by) != 1 or not _names_customer(op.group_by[0]) or op.start or op.end:
            raise NotImplementedError("A window of a feature query is all of a customer's rows.")
        customers = self._value(op.group_by[0])
        grouped = self._step(groups.by_customer, customers)
        if not op.order_by:
            return self._step(groups.spread, self._reduction(op.func, grouped), grouped)
        (key,) = op.order_by
        if key.arg.dtype.is_string():
            raise NotImplementedError("Texts have no order here: each is told by its place among others.")
        order = groups.by_customer_and if key.ascending else groups.downward
        within = self._step(order, customers, self._argument(key.arg))
        match op.func:
            case ops.RowNumber():
                return self._step(groups.row_number, within, grouped)
            case ops.Lag(offset=None, default=None):
                return self._step(groups.row_before, self._argument(op.func.arg), within, grouped)
        raise NotImplementedError(f"{type(op.func).__name__} has no place in a feature query on arrays.")

    def _step(self, work: Callable[..., Any], *read: int, key: str = "") -> int:
        known = (key or work, read)
        if known not in self._known:
            self._known[known] = made = self._new()
            self.steps.append(Step(work, made, read))
        register: int = self._known[known]
        return register

    def _new(self) -> int:
        self.size += 1
        return self.size - 1


def _names_customer(value: ops.Value) -> bool:
    return isinstance(value, ops.Field) and value.name == CUSTOMER


def _reduces(op: ops.Value) -> bool:
    return bool(op.find(ops.Reduction, filter=ops.Value))


def _first_of_each(column: Column, grouped: groups.Groups) -> Column:
    return Column(groups.first(column.values, grouped), None, column.words)


def _count_known(column: Column, labels: groups.Places, grouped: groups.Groups) -> Column:
    if column.missing is None:
        return groups.count_rows(grouped)
    return groups.count_hits(groups.hits(~column.missing, labels, grouped))
