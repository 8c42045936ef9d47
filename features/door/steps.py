"""How a cell becomes a value: steps that each stand on what the ones before have found.

A step turns the parts found so far, expressions over a row, into further ones. The first finds `cell`, the
cell as given but null where blank; the last leaves `value` and `fault`, the reason why there is none. Every
step is a query around the one before, so that no engine computes a part twice.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis

Parts = dict[str, Any]
Step = Callable[[Parts], Parts]


def take_steps(table: Any, steps: Mapping[str, Sequence[Step]]) -> tuple[Any, dict[str, Parts]]:
    """Take each column's steps; the table they have led to, and by column the parts in it."""
    names = {column: {"cell": column} for column in steps}
    for nth in range(max(map(len, steps.values()))):
        found = {}
        for column, own in steps.items():
            if nth < len(own):
                known = {part: table[name] for part, name in names[column].items()}
                for part, value in own[nth](known).items():
                    names[column][part] = f"{column}:{part}"
                    found[f"{column}:{part}"] = value
        table = table.mutate(**found)
    return table, {
        column: {part: table[name] for part, name in parts.items()} for column, parts in names.items()
    }


def first_fault(*faults: tuple[Any, Any]) -> Parts:
    """`fault`: what is wrong where the first of the conditions holds, else null."""
    return {"fault": ibis.cases(*faults, else_=ibis.null("string"))}
