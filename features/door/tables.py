"""The tables that Tenure reads: their grain, their columns, and what each column holds."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "time", "amount", "number", "text", "flag"]
"""`amount` must be given and within reason; any other optional cell may be empty."""


ROW = "tenure_row"
"""The number of a row in the shop's own table, which no column of ours is called."""


@dataclass(frozen=True)
class Column:
    """One column as Tenure names it; `hints` are words that others have in its name."""

    name: str
    kind: Kind
    required: bool = False
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableShape:
    """One table: what a row of it is, its columns, and the column (if any) that no two rows share."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: str

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the table has none."""
        return {column.name: column for column in self.columns}[name]


CUSTOMER = ("customer", "client", "member", "donor", "user", "household", "cust")
TIME = ("date", "time", "when", "created", "timestamp")

PURCHASES = TableShape(
    "purchases",
    "one row per order; a refund is a row of its own with a negative amount",
    (
        Column("order_id", "id", True, ("invoice", "receipt", "transaction", "basket")),
        Column("customer_id", "id", True, CUSTOMER),
        Column("ordered_at", "time", True, TIME),
        Column("amount", "amount", True, ("total", "revenue", "value", "sales", "spend", "paid")),
        Column("quantity", "number"),
        Column("category", "text"),
        Column("channel", "text"),
        Column("discount", "number"),
        Column("currency", "text"),
        Column("is_guest", "flag"),
    ),
    key="order_id",
)

INTERACTIONS = TableShape(
    "interactions",
    "one row per event",
    (
        Column("customer_id", "id", True, CUSTOMER),
        Column("occurred_at", "time", True, TIME),
        Column("kind", "id", True, ("type", "event", "action")),
        Column("interaction_id", "id"),
        Column("channel", "text"),
        Column("duration_seconds", "number"),
        Column("pages", "number"),
        Column("score", "number"),
        Column("points", "number"),
        Column("text", "text"),
        Column("resolved_at", "time"),
    ),
    key="interaction_id",
)

CUSTOMERS = TableShape(
    "customers",
    "one row per customer",
    (
        Column("customer_id", "id", True, CUSTOMER),
        Column("signed_up_at", "time"),
        Column("opted_out", "flag"),
        Column("merged_into", "id"),
    ),
    key="customer_id",
)

SUBSCRIPTIONS = TableShape(
    "subscriptions",
    "one row per contract; without an end it runs; every `period_days` it is paid or not renewed",
    (
        Column("customer_id", "id", True, CUSTOMER),
        Column("started_at", "time", True, ("start", "begin", "from", "since", "created")),
        Column("period_days", "number", True, ("period", "interval", "term", "cycle")),
        Column("amount", "amount", True, ("price", "fee", "total", "value", "rate")),
        Column("ended_at", "time", False, ("end", "cancelled", "canceled", "until", "to")),
        Column("subscription_id", "id", False, ("contract", "membership", "policy")),
    ),
    key="subscription_id",
)

SHAPES: dict[str, TableShape] = {
    shape.name: shape for shape in (PURCHASES, INTERACTIONS, CUSTOMERS, SUBSCRIPTIONS)
}
