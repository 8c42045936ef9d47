"""A feature query as a list of steps on arrays, written once and run on any part of the customers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import ibis
import numpy as np

from features.arrays.column import Column
from features.arrays.writer import CUSTOMER, Null, Step, Writer

EPOCH = date(1970, 1, 1).toordinal()
Given = Mapping[str, Mapping[str, Any]]


class Program:
    """The steps of one query. `reads` names the columns that it needs of each table, `customer_id` among them."""

    def __init__(self, query: ibis.Table) -> None:
        writer = Writer()
        rows = writer.rows(query.op())
        names = [name for name in query.columns if name != CUSTOMER]
        made = [rows.customers, *(writer.needed(rows.column(name)) for name in names)]
        self.names = tuple(names)
        self.reads: dict[str, tuple[str, ...]] = {}
        for table, name in writer.given:
            self.reads[table] = (*self.reads.get(table, ()), name)
        self._given = writer.given
        self._literals = writer.literals
        self._made = tuple(made)
        self._size = writer.size
        self._steps = _with_ends(writer.steps, made)

    def run(self, given: Given, instead: Mapping[Any, Any]) -> tuple[Any, dict[str, Column]]:
        """The customers of the answer, ascending, and its other columns; `instead` replaces days and moments.

        `given` has the columns of each table, as `reads` names them, sorted by customer; a customer is a whole
        number, and its column an array of them.
        """
        registers: list[Any] = [None] * self._size
        for (table, name), register in self._given.items():
            registers[register] = given[table][name]
        for register, value in self._literals.items():
            registers[register] = _literal(instead.get(value, value) if _is_time(value) else value)
        with np.errstate(all="ignore"):
            for step in self._steps:
                registers[step.made] = step.work(*[registers[place] for place in step.read])
                for place in step.done:
                    registers[place] = None
        customers, *columns = (registers[place] for place in self._made)
        return customers, dict(zip(self.names, columns, strict=True))


def _with_ends(steps: Sequence[Step], kept: Sequence[int]) -> tuple[Step, ...]:
    read = set(kept)
    finished = []
    for step in reversed(steps):
        if step.made not in read:
            continue
        done = tuple(place for place in set(step.read) if place not in read)
        read.update(step.read)
        finished.append(Step(step.work, step.made, step.read, done))
    return tuple(reversed(finished))


def _is_time(value: Any) -> bool:
    return isinstance(value, date | datetime)


def _literal(value: Any) -> Column:
    match value:
        case Null():
            return Column(np.int64(-1), np.True_, ()) if value.is_text else Column(np.int64(0), np.True_)
        case str():
            return Column(np.int64(0), None, (value,))
        case bool():
            return Column(np.bool_(value))
        case datetime():
            return Column(np.int64(np.datetime64(value, "us").astype(np.int64)))
        case date():
            return Column(np.int64(value.toordinal() - EPOCH))
        case int():
            return Column(np.int64(value))
    return Column(np.float64(value))
