"""Numbers out of cells; whatever is no number of a shop's size is told to be none."""

import sys

import ibis

from features.door.faults import LARGEST_AMOUNT, NO_NUMBER, NOT_FINITE, TOO_LARGE
from features.door.steps import Parts, Step, first_fault
from features.door.trimmed import trimmed

# Cells of at most this length, of which every engine makes a finite float.
LONGEST = 100
LARGEST_FLOAT = sys.float_info.max
PLAIN = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$"
OF_ANY_SIZE = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"
NON_FINITE = "^[+-]?(nan|inf|infinity)$"


def typed_number() -> list[Step]:
    """Floats from integers, floats and decimals."""

    def value(known: Parts) -> Parts:
        return {"value": known["cell"].cast("float64")}

    def fault(known: Parts) -> Parts:
        size = known["value"].abs()
        return first_fault(
            (known["value"].isnan() | (size > LARGEST_FLOAT), NOT_FINITE), (size > LARGEST_AMOUNT, TOO_LARGE)
        )

    return [value, fault]


def written_number() -> list[Step]:
    """Floats from text with a decimal point and perhaps an exponent, and no other sign in it."""

    def shape(known: Parts) -> Parts:
        text = trimmed(known["cell"])
        return {"text": text, "plain": text.re_search(PLAIN) & (text.length() <= LONGEST)}

    def value(known: Parts) -> Parts:
        return {"value": known["plain"].ifelse(known["text"], "0").cast("float64")}

    def fault(known: Parts) -> Parts:
        text = known["text"]
        why = ibis.cases(
            (text.lower().re_search(NON_FINITE), NOT_FINITE),
            (text.re_search(OF_ANY_SIZE), TOO_LARGE),
            else_=NO_NUMBER,
        )
        return first_fault((~known["plain"], why), (known["value"].abs() > LARGEST_AMOUNT, TOO_LARGE))

    return [shape, value, fault]
