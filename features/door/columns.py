"""Which column of the shop's table is which of ours."""

import difflib
import json
from collections.abc import Mapping, Sequence

from features.door.settings import TableName, perhaps, plain
from features.door.tables import SHAPES, Column
from features.errors import ConfigurationError, DataError

MOST_NAMES = 30
LIKE = 0.7


def wanted_columns(table: TableName, renamed: Mapping[str, str], attributes: Sequence[str]) -> dict[str, str]:
    """Every column that could be used: our name and the name it would have in the shop's table."""
    ours = [column.name for column in SHAPES[table].columns]
    ours += attributes if table == "customers" else ()
    return {name: renamed.get(name, name) for name in ours}


def match_columns(
    found: Sequence[str],
    table: TableName,
    renamed: Mapping[str, str],
    attributes: Sequence[str],
    location: str,
) -> dict[str, str]:
    """Our names and theirs for the columns that `location` has.

    Raises DataError when a required one is missing, ConfigurationError when one that is named in the
    configuration is; both say what to write in tenure.toml.
    """
    wanted = wanted_columns(table, renamed, attributes)
    missing = [ours for ours, theirs in wanted.items() if theirs not in found]
    named = [ours for ours in missing if ours in renamed or ours in attributes]
    if named:
        ours = named[0]
        raise ConfigurationError(
            f"{table}.{ours}: {location} has no column {wanted[ours]!r}{perhaps(wanted[ours], found)}. "
            f"{_listed(found)}"
        )
    lacking = [column for column in SHAPES[table].columns if column.required and column.name in missing]
    if lacking:
        guesses = _guess(lacking, [name for name in found if name not in wanted.values()])
        lines = [f"{ours} = {json.dumps(theirs, ensure_ascii=False)}" for ours, theirs in guesses.items()]
        raise DataError(
            f"{table}: {location} has no column {', '.join(repr(column.name) for column in lacking)}. "
            f"{_listed(found)} Say in tenure.toml which of them they are, perhaps:\n[data.columns.{table}]\n"
            + "\n".join(lines)
        )
    return {ours: theirs for ours, theirs in wanted.items() if theirs in found}


def _guess(lacking: Sequence[Column], free: list[str]) -> dict[str, str]:
    """For each column the free name most like it, none twice; "..." where none is."""
    guesses = {}
    for column in lacking:
        best = max(free, key=lambda name: _likeness(column, name), default="...")
        guesses[column.name] = best if best in free and _likeness(column, best) >= LIKE else "..."
        free = [name for name in free if name != guesses[column.name]]
    return guesses


def _likeness(column: Column, name: str) -> float:
    spelled = difflib.SequenceMatcher(None, plain(column.name), plain(name)).ratio()
    hinted = any(plain(name).startswith(hint) or plain(name).endswith(hint) for hint in column.hints)
    return max(spelled, 0.75 if hinted else 0.0)


def _listed(found: Sequence[str]) -> str:
    names = ", ".join(repr(name) for name in found[:MOST_NAMES])
    return f"Its columns are {names}" + (
        f" and {len(found) - MOST_NAMES} more." if len(found) > MOST_NAMES else "."
    )
