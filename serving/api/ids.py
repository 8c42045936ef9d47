"""Customer ids as they come over HTTP: any text of any alphabet, within reason."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from features.door.faults import LONGEST_ID

MAX_LENGTH = LONGEST_ID
PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f]+$"

CONTROL = re.compile(r"[\u0000-\u001f\u007f-\u009f]")
HALF_A_PAIR = re.compile(r"[\ud800-\udfff]")


def refusal(text: str) -> str | None:
    """Why `text` cannot be an id; None when it can.

    Control characters are refused, and half a surrogate pair, which no database stores; marks of
    direction, emoji, quotes, slashes and spaces are ids like any other.
    """
    if not text:
        return "must not be empty"
    if len(text) > MAX_LENGTH:
        return f"must have at most {MAX_LENGTH} characters"
    if CONTROL.search(text):
        return "must not hold control characters"
    if HALF_A_PAIR.search(text):
        return "must be Unicode (it holds half a surrogate pair)"
    return None


def _checked(text: str) -> str:
    if reason := refusal(text):
        raise PydanticCustomError("id", "{reason}", {"reason": reason})
    return text


Id = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=MAX_LENGTH),
    AfterValidator(_checked),
    Field(json_schema_extra={"pattern": PRINTABLE}),
]
"""A customer's id, an order's, or the name of a kind of interaction."""
