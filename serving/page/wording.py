"""Numbers, dates and names as people read them on the page."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

NONE = "–"


def amount(currency: str, value: float | None, decimals: int) -> str:
    """Money: `1,204.90`, with the shop's currency where one is set: a symbol before it, a code after."""
    if value is None:
        return NONE
    number = f"{value:,.{decimals}f}"
    if not currency:
        return number
    return f"{number}\N{NO-BREAK SPACE}{currency}" if currency.isalpha() else f"{currency}{number}"


def decimals_for(values: Sequence[float | None]) -> int:
    """As many decimals as a column needs: cents up to 1,000, none above, the same for every row."""
    return 0 if any(value is not None and abs(value) >= 1_000 for value in values) else 2


def count(value: int | None) -> str:
    """A number of things: `20,117`."""
    return NONE if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    """A probability; one that rounds to nothing or to certainty says so, since neither is true."""
    if value is None:
        return NONE
    rounded = round(100 * value)
    if rounded == 0 and value > 0:
        return "<1%"
    if rounded == 100 and value < 1:
        return ">99%"
    return f"{rounded}%"


def day(value: date | None) -> str:
    """A date: `1 Sep 2026`."""
    return NONE if value is None else f"{value.day} {value:%b} {value.year}"


def moment(value: datetime) -> str:
    """A time in UTC: `1 Sep 2026, 02:10 UTC`."""
    return f"{day(value)}, {value:%H:%M} UTC"


def days_ago(value: int | None) -> str:
    """How long ago, in days."""
    if value is None:
        return NONE
    return "1 day ago" if value == 1 else f"{value:,} days ago"


def words(name: str | None) -> str:
    """A name of ours as words: `AT_RISK` is `At risk`."""
    return NONE if not name else name.replace("_", " ").capitalize()


def sentence(text: str) -> str:
    """`text` with a capital letter and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) or not text else ".")


def told(reasons: Sequence[dict[str, Any]] | None, most: int) -> str:
    """The weightiest reasons as sentences: those that raise the risk, or what there is where none does."""
    raising = [reason for reason in reasons or [] if reason["direction"] == "raises"]
    return " ".join(sentence(reason["text"]) for reason in (raising or reasons or [])[:most]) or NONE


def age(then: datetime, now: datetime, stale_after_days: int) -> str | None:
    """How old scores are, once they are older than they should be; None before."""
    old = now - then
    return f"{old.days:,} days" if old > timedelta(days=stale_after_days) else None


def with_code(text: str) -> Markup:
    """`text` as HTML, with what stands between backticks as code."""
    parts = (
        f"<code>{escape(part)}</code>" if n % 2 else escape(part) for n, part in enumerate(text.split("`"))
    )
    return Markup("".join(parts))
