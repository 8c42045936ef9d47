"""How a shop writes its times, when not in ISO 8601: a strptime format, as a pattern that engines take."""

import re

DIRECTIVES = {
    "Y": ("year", "[0-9]{4}", ""),
    "m": ("month", "0[1-9]|1[0-2]", "|[1-9]"),
    "d": ("day", "0[1-9]|[12][0-9]|3[01]", "|[1-9]"),
    "H": ("hour", "[01][0-9]|2[0-3]", "|[0-9]"),
    "I": ("hour", "0[1-9]|1[0-2]", "|[1-9]"),
    "M": ("minute", "[0-5][0-9]", ""),
    "S": ("second", "[0-5][0-9]", ""),
    "f": ("fraction", "[0-9]{1,9}", ""),
    "p": ("half", "[AaPp][Mm]", ""),
    "z": ("zone", "Z|[+-][0-9]{2}:?[0-9]{2}", ""),
}
"""What each tells, its pattern, and what a cell may hold besides where the neighbours are no digits."""

EPOCHS = {"epoch_seconds": 1, "epoch_milliseconds": 1000}
"""Formats of whole numbers: units in a second, counted from 1970-01-01 in UTC."""


def check_format(written: str) -> None:
    """Raise ValueError, with a sentence, when `written` is not a format that tells a day."""
    if written in EPOCHS:
        return
    parts = re.findall("%(.?)", written)
    unknown = [part for part in parts if part not in DIRECTIVES]
    if unknown:
        known = ", ".join(f"%{letter}" for letter in DIRECTIVES)
        raise ValueError(
            f"{written!r}: %{unknown[0]} is not known; known are {known}, {' and '.join(EPOCHS)}"
        )
    told = [DIRECTIVES[part][0] for part in parts]
    if len(set(told)) < len(told):
        raise ValueError(f"{written!r} tells a part of the time twice")
    if not {"year", "month", "day"} <= set(told):
        raise ValueError(f"{written!r} does not tell year (%Y), month (%m) and day (%d)")
    if ("I" in parts) != ("p" in parts):
        raise ValueError(f"{written!r}: %I and %p go together")


def pattern_of(written: str) -> tuple[str, tuple[str, ...]]:
    """A regular expression for a whole cell, and what its groups hold, in order."""
    parts = re.findall("%.|[^%]", written)
    pattern, groups = "", []
    for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        if len(part) == 1:
            pattern += {"^": r"\^", "\\": r"\\"}.get(part, f"[{part}]")
            continue
        name, fixed, short = DIRECTIVES[part[1]]
        stands_free = not any(len(beside) == 2 or beside.isdigit() for beside in (before, after))
        groups.append(name)
        pattern += f"({fixed}{short if stands_free else ''})"
    return f"^{pattern}$", tuple(groups)
