"""History as it arrives with a request: purchases and interactions of one or more customers."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from features.door.cells import VISIBLE
from serving.api.examples.customers import HISTORY
from serving.api.ids import Id

PRINTED = r"[^\u0000-\u001f\u007f-\u009f]"
SHOWN = r"[^\u0000-\u0020\u007f-\u00a0\u2000-\u200b\u2028\u2029\u3000\ufeff]"
SHOWS = f"^{PRINTED}*{SHOWN}{PRINTED}*$"
MAX_ROWS = 10_000
MAX_CUSTOMERS = 1_000
EARLIEST, LATEST = date(1970, 1, 1), date(2200, 12, 31)
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _is_time(text: str) -> str:
    try:
        if TIME.fullmatch(text) is None:
            raise ValueError
        datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("time", "must be ISO 8601, such as 2026-05-09T10:12:00Z") from None
    return text


def _day(given: Any) -> Any:
    try:
        if given is None or isinstance(given, date):
            return given
        if not isinstance(given, str) or DAY.fullmatch(given) is None:
            raise ValueError
        day = date.fromisoformat(given)
        if not EARLIEST <= day <= LATEST:
            raise ValueError
        return day
    except ValueError:
        raise PydanticCustomError("day", "must be a date from 1970 to 2200, such as 2026-09-01") from None


def _or_nothing(number: float) -> float:
    """JSON can write 1e-300; nothing of a shop is that small, and the door takes it for no number."""
    return number if abs(number) > 1e-12 else 0.0


Time = Annotated[
    str,
    StringConstraints(strict=True, max_length=40),
    AfterValidator(_is_time),
    Field(
        description="ISO 8601; without a zone it is UTC",
        examples=["2026-05-09T10:12:00Z"],
        json_schema_extra={"pattern": f"^{TIME.pattern}$"},
    ),
]
Number = Annotated[
    float, Field(strict=True, allow_inf_nan=False, ge=-1e12, le=1e12), AfterValidator(_or_nothing)
]
Flag = Annotated[bool, Field(strict=True)]
Words = Annotated[str, StringConstraints(strict=True, max_length=10_000)]
Day = Annotated[date, BeforeValidator(_day)]


def _shows(text: str) -> str:
    if re.search(VISIBLE, text) is None:
        raise PydanticCustomError("id", "must not be blank")
    return text


Name = Annotated[Id, AfterValidator(_shows), Field(json_schema_extra={"pattern": SHOWS})]
"""An id that the door takes for one: it keeps out what is blanks alone."""


class Purchase(BaseModel):
    """One order; a refund is one of its own with a negative amount."""

    model_config = ConfigDict(extra="forbid")

    order_id: Name
    customer_id: Name
    ordered_at: Time
    amount: Number = Field(description="shop currency; negative for a refund")
    quantity: Number | None = None
    category: Name | None = None
    channel: Name | None = None
    discount: Number | None = None
    currency: Name | None = None
    is_guest: Flag | None = None


class Interaction(BaseModel):
    """One event between the shop and a customer."""

    model_config = ConfigDict(extra="forbid")

    customer_id: Name
    occurred_at: Time
    kind: Name = Field(description="such as session, email_open, support, review")
    interaction_id: Name | None = None
    channel: Name | None = None
    duration_seconds: Number | None = None
    pages: Number | None = None
    score: Number | None = None
    points: Number | None = None
    text: Words | None = None
    resolved_at: Time | None = None


class History(BaseModel):
    """What is known of the customers to be scored; never stored.

    The first row that cannot be used is named, and nothing is scored.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [HISTORY]})

    purchases: Annotated[list[Purchase], FailFast()] = Field(min_length=1, max_length=MAX_ROWS)
    interactions: Annotated[list[Interaction], FailFast()] = Field([], max_length=MAX_ROWS)
    as_of: Day | None = Field(
        None,
        description="only what happened before this day counts. Left out, it is the day that served scores "
        "and model know the past up to, or the day after the newest event sent, whichever is later",
    )

    def customer_ids(self) -> list[str]:
        """Everybody named, once, in order of first appearance."""
        rows: list[Purchase | Interaction] = [*self.purchases, *self.interactions]
        return list(dict.fromkeys(row.customer_id for row in rows))
