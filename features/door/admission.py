"""A table on its way through the door: the rows that are sound so far, and what is wrong with the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis

from features.door.cells import read_cells
from features.door.tables import ROW, Column
from features.rows import among, count_rows, keep, keep_by_customer, without

FAULT = "tenure_fault"
"""The column at fault and the reason, with a tab between; null in a sound row."""


def examine(
    given: Any,
    table: str,
    columns: Sequence[Column],
    formats: Mapping[str, str],
    zone: str,
    engine: str,
    whole_ids: bool,
) -> Any:
    """ROW, every column's value, and FAULT: a row's first column that cannot be read, and why.

    The arguments are those of `read_cells`.
    """
    read, values, faults = read_cells(given, table, columns, formats, zone, engine, whole_ids)
    first = ibis.coalesce(*(f"{column}\t" + reason for column, reason in faults.items()))
    return read.select(ROW, **values, **{FAULT: first})


def fault(column: str, reason: str) -> str:
    """What FAULT says of a row."""
    return f"{column}\t{reason}"


def repeated_rows(sound: Any, key: Mapping[str, Any], earliest: Sequence[str]) -> Any:
    """Rows with the `key` of another that comes first in the order of `earliest`, then of the file.

    A row whose key begins with a null repeats nothing.
    """
    id_column = next(iter(key))
    keyed = sound.select(ROW, *earliest, **key).filter(lambda t: t[id_column].notnull())
    several = keyed.group_by(list(key)).aggregate(rows=keyed.count()).filter(lambda t: t.rows > 1)
    order = ibis.window(group_by=list(key), order_by=[*earliest, ROW])
    numbered = among(keyed, several, id_column).mutate(nth=ibis.row_number().over(order))
    return numbered.filter(numbered.nth > 0).select(ROW)


@dataclass(frozen=True)
class Admission:
    """`sound` has ROW and a column per value; `faults` has ROW and FAULT, one row for each that is not sound.

    `read` has every row; of one with a fault, the values mean nothing. `is_kept` says that `sound` is but some rows of
    a table that the engine keeps, which need not be kept again.
    """

    read: Any
    sound: Any
    faults: Any
    is_kept: bool

    def reject(self, rows: Any, column: str, reason: str) -> "Admission":
        """Without the rows whose ROW is in `rows`, which are at fault in `column` for `reason`."""
        found = keep(rows.select(ROW, **{FAULT: ibis.literal(fault(column, reason))}))
        if count_rows(found) == 0:
            return self
        faults = self.faults.union(found, distinct=False)
        return replace(self.with_sound(without(self.sound, found, ROW)), faults=faults)

    def with_sound(self, rows: Any) -> "Admission":
        """With other sound rows, worked out when they are read."""
        return replace(self, sound=rows, is_kept=False)


def begin(examined: Any) -> Admission:
    """The admission of a table out of `examine`, kept by the engine: it is read once."""
    read = keep_by_customer(examined)
    return Admission(
        read.drop(FAULT),
        read.filter(read[FAULT].isnull()).drop(FAULT),
        read.filter(read[FAULT].notnull()).select(ROW, FAULT),
        is_kept=True,
    )
