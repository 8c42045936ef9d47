"""Which column of the shop's table is which of ours."""

import json
from collections.abc import Mapping, Sequence

from features.errors import ConfigurationError, DataError
from features.settings import TableName, closest, perhaps
from features.tables import SHAPES

MOST_NAMES = 30


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
    required = {column.name for column in SHAPES[table].columns if column.required}
    missing = [ours for ours, theirs in wanted.items() if theirs not in found]
    named = [ours for ours in missing if ours in renamed or ours in attributes]
    if named:
        ours = named[0]
        raise ConfigurationError(
            f"{table}.{ours}: {location} has no column {wanted[ours]!r}{perhaps(wanted[ours], found)}. "
            f"{_listed(found)}"
        )
    lacking = [ours for ours in missing if ours in required]
    if lacking:
        lines = [
            f"{ours} = {json.dumps(closest(ours, found) or '...', ensure_ascii=False)}" for ours in lacking
        ]
        raise DataError(
            f"{table}: {location} has no column {', '.join(map(repr, lacking))}. {_listed(found)} "
            "Say in tenure.toml which of them it is:\n"
            f"[data.columns.{table}]\n" + "\n".join(lines)
        )
    return {ours: theirs for ours, theirs in wanted.items() if theirs in found}


def _listed(found: Sequence[str]) -> str:
    names = ", ".join(repr(name) for name in found[:MOST_NAMES])
    return f"Its columns are {names}" + (
        f" and {len(found) - MOST_NAMES} more." if len(found) > MOST_NAMES else "."
    )
