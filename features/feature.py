"""One column of the feature table: its name, unit and meaning, and how it reads to a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite
from string import Formatter
from typing import Any, Literal

Dtype = Literal["int64", "float64"]


@dataclass(frozen=True)
class Feature:
    """An entry of the catalogue.

    `sentence` and `otherwise` are `str.format` templates over the features of one customer, `{value}`
    being this one; `{value:days}` reads "1 day" or "94 days", `{value:is|is not}` reads "is" unless it is 0.
    `otherwise` is said where a number that `sentence` asks for is missing. Only a feature that
    `may_be_missing` is ever NULL.
    """

    name: str
    unit: str
    dtype: Dtype
    family: str
    meaning: str
    sentence: str
    otherwise: str = ""
    may_be_missing: bool = False

    def say(self, row: Mapping[str, Any]) -> str:
        """The feature in words, with this customer's own numbers; `row` maps feature names to values."""
        numbers = {name: _Number(value) for name, value in row.items() if _is_number(value)}
        if self.name in numbers:
            numbers["value"] = numbers[self.name]
        for template in (self.sentence, self.otherwise):
            if template and _fields(template) <= numbers.keys():
                return template.format_map(numbers)
        return f"{self.meaning}: not known"


def count(name: str, unit: str, family: str, meaning: str, sentence: str, otherwise: str = "") -> Feature:
    """A whole number that every customer has."""
    return Feature(name, unit, "int64", family, meaning, sentence, otherwise)


def number(name: str, unit: str, family: str, meaning: str, sentence: str, otherwise: str = "") -> Feature:
    """A number that every customer has."""
    return Feature(name, unit, "float64", family, meaning, sentence, otherwise)


def known_to_some(
    name: str, unit: str, family: str, meaning: str, sentence: str, otherwise: str = ""
) -> Feature:
    """A number that is missing for some customers: NULL, never a number that stands for it."""
    return Feature(name, unit, "float64", family, meaning, sentence, otherwise, may_be_missing=True)


def literal(text: str) -> str:
    """A text from the data, made safe inside a sentence template."""
    return text.replace("{", "{{").replace("}", "}}")


class _Number(float):
    """A float whose format may be a plural noun, or two words of which the second is said of 0."""

    def __format__(self, spec: str) -> str:
        if "|" in spec:
            return spec.split("|")[float(self) == 0.0]
        if not spec.replace(" ", "").isalpha():
            return super().__format__(spec)
        count = f"{self:,.0f}"
        return f"{count} {_singular(spec) if count == '1' else spec}"


def _singular(noun: str) -> str:
    return f"{noun.removesuffix('ies')}y" if noun.endswith("ies") else noun.removesuffix("s")


@cache
def _fields(template: str) -> frozenset[str]:
    return frozenset(field for _, field, _, _ in Formatter().parse(template) if field is not None)


def _is_number(value: object) -> bool:
    try:
        return isfinite(value)  # type: ignore[arg-type]
    except TypeError:
        return False
