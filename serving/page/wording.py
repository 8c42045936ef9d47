"""Numbers, dates and names as people read them on the page, in the shop's format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

NONE = "–"
HALF_A_UNIT = 0.5  # of the currency: less is written as 0
SEPARATORS = {"en": (",", "."), "ms": (",", "."), "id": (".", ","), "th": (",", ".")}
"""Of thousands and of decimals, by language."""


@dataclass(frozen=True)
class Wording:
    """How numbers, money and dates are written: separators by `locale`, names of the twelve `months`."""

    locale: str
    months: Sequence[str]
    currency: str

    def amount(self, value: float | None, decimals: int) -> str:
        """Money: `1,204.90`, with the shop's currency: a code of three letters after it, a symbol before it."""
        if value is None:
            return NONE
        number = self.number(abs(value), decimals)
        sign = "-" if value < 0 and any(digit in "123456789" for digit in number) else ""
        if len(self.currency) >= 3 and self.currency.isalpha():
            return f"{sign}{number}\N{NO-BREAK SPACE}{self.currency}"
        return f"{sign}{self.currency}{number}"

    def change(self, value: float, decimals: int) -> str:
        """Money that was gained or lost: always with its sign, nothing as `0`."""
        return _with_sign(value, self.amount(value, decimals))

    def number(self, value: float | None, decimals: int) -> str:
        """A number with so many decimals."""
        if value is None:
            return NONE
        thousands, point = SEPARATORS[self.locale]
        return f"{value:,.{decimals}f}".translate({ord(","): thousands, ord("."): point})

    def rewritten(self, number: str) -> str:
        """A number that was written the English way: `1,204.90` or `+12.5%`."""
        thousands, point = SEPARATORS[self.locale]
        return number.translate({ord(","): thousands, ord("."): point})

    def signed(self, value: float, decimals: int) -> str:
        """A difference: always with its sign, nothing as `0`."""
        return _with_sign(value, self.number(value, decimals))

    def count(self, value: int | None) -> str:
        """A number of things: `20,117`."""
        return self.number(value, 0)

    def percent(self, value: float | None, decimals: int = 0) -> str:
        """A share; one that rounds to nothing or to everything says so, since neither is true."""
        if value is None:
            return NONE
        least = 10**-decimals
        rounded = round(100 * value, decimals)
        if rounded == 0 and value > 0:
            return f"<{self.number(least, decimals)}%"
        if rounded == 100 and value < 1:
            return f">{self.number(100 - least, decimals)}%"
        return f"{self.number(rounded, decimals)}%"

    def day(self, value: date | None) -> str:
        """A date: `1 Sep 2026`."""
        return NONE if value is None else f"{value.day} {self.months[value.month - 1]} {value.year}"

    def moment(self, value: datetime) -> str:
        """A time in UTC: `1 Sep 2026, 02:10 UTC`."""
        return f"{self.day(value)}, {value:%H:%M} UTC"


def _with_sign(value: float, told: str) -> str:
    return told if value <= 0 or not any(digit in "123456789" for digit in told) else f"+{told}"


def decimals_for(values: Sequence[float | None]) -> int:
    """As many decimals as a column needs: cents up to 1,000, none above, the same for every row."""
    return 0 if any(value is not None and abs(value) >= 1_000 for value in values) else 2


def words(name: str | None) -> str:
    """A name of the shop's own as words: `AT_RISK` is `At risk`."""
    return NONE if not name else name.replace("_", " ").capitalize()


def sentence(text: str) -> str:
    """`text` with a capital letter and a full stop."""
    text = text.strip()
    return sentence_case(text) + ("" if text.endswith((".", "!", "?")) or not text else ".")


def sentence_case(text: str) -> str:
    """`text` with a capital letter."""
    return text[:1].upper() + text[1:]


def weightiest(reasons: Sequence[Mapping[str, Any]] | None, most: int) -> list[str]:
    """The texts of the weightiest reasons: those that raise the risk, or what there is where none does."""
    raising = [reason for reason in reasons or [] if reason["direction"] == "raises"]
    return [reason["text"] for reason in (raising or reasons or [])[:most]]


def is_mostly_nothing(score: Mapping[str, Any]) -> bool:
    """Whether nine in ten such customers spend nothing, though the value is a sum: a range would read 0 to 0."""
    return score["clv_high"] is not None and score["clv_high"] < HALF_A_UNIT <= score["clv"]


def days_old(then: datetime, now: datetime, stale_after_days: int) -> int | None:
    """How many days old scores are, once they are older than they should be; None before."""
    old = now - then
    return old.days if old > timedelta(days=stale_after_days) else None


def with_code(text: str) -> Markup:
    """`text` as HTML, with what stands between backticks as code."""
    parts = (
        f"<code>{escape(part)}</code>" if n % 2 else escape(part) for n, part in enumerate(text.split("`"))
    )
    return Markup("".join(parts))
