"""CSV that a spreadsheet shows and never runs."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import NoneType
from typing import Any

import orjson

INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Unicode's controls, format characters and spaces: a spreadsheet may skip them to what follows."""


def csv_text(chunks: Iterable[Sequence[Mapping[str, Any]]], names: Sequence[str], raw: bool) -> Iterator[str]:
    """CSV text piece by piece: the header, then each chunk's rows; everything quoted, lines end in CR LF.

    Text that a spreadsheet would run as a formula begins with an apostrophe, and so does text that begins
    with one already: taking one leading apostrophe away gives the text back. Numbers are left alone. With
    `raw`, which is for machines, nothing is added. Empty cells are empty, lists are JSON.
    """
    yield _lines([names])
    for chunk in chunks:
        yield _lines([_cell(row[name], raw) for name in names] for row in chunk)


def harmless(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would run it as a formula.

    Signs count in their full-width and small forms too, and behind spaces and invisible characters.
    """
    if text[:1].isalnum():
        return text  # the usual cell, decided without a look at Unicode's tables
    if text.startswith(("'", "\t", "\r", "\n")):
        return f"'{text}"
    visible = next((c for c in text if unicodedata.category(c) not in INVISIBLE), "")
    return f"'{text}" if unicodedata.normalize("NFKC", visible) in ("=", "+", "-", "@") else text


def _cell(value: Any, raw: bool) -> Any:
    if type(value) in (float, int, NoneType):
        return value  # csv writes them so that they read back to the last digit, None as nothing
    if isinstance(value, str):
        return value if raw else harmless(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return orjson.dumps(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()
