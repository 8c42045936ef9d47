"""How value at risk and segments moved from one batch to the next; counted once, when a batch is published."""

from dataclasses import dataclass

import sqlalchemy as sa

from serving.store.batches import PublishedBatch
from serving.store.rows import published_batch
from serving.store.schema import INTEGER, NUMBER, batches, metadata, scores

CAUSES = ("new", "came_back", "newly_high", "rose", "fell", "model", "gone")
"""Why a customer's value at risk moved, the first that fits counts.

They had no score before; they bought; they are in the high band and were not; it rose or fell with time; it
was told by another model version; they have no score any more.
"""

movements = sa.Table(
    "movements",
    metadata,
    sa.Column("batch", INTEGER, sa.ForeignKey("batches.sequence"), nullable=False, index=True),
    sa.Column("before", INTEGER, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("segment_before", sa.Text),
    sa.Column("segment_now", sa.Text),
    sa.Column("customers", INTEGER, nullable=False),
    sa.Column("value_before", NUMBER, nullable=False),
    sa.Column("value_now", NUMBER, nullable=False),
    sqlite_strict=True,
)


@dataclass(frozen=True)
class Cause:
    """What one of CAUSES did to the value at risk of so many customers; `change` in shop currency."""

    name: str
    customers: int
    change: float


@dataclass(frozen=True)
class Flow:
    """So many customers who went from one segment to another, or stayed; None is a customer without one."""

    before: str | None
    now: str | None
    customers: int


@dataclass(frozen=True)
class Movement:
    """How the served batch differs from the one before it; `change` is the sum over the causes."""

    before: PublishedBatch
    causes: tuple[Cause, ...]
    flows: tuple[Flow, ...]

    @property
    def change(self) -> float:
        """The change of the value at risk of all customers."""
        return sum(cause.change for cause in self.causes)


def count_movements(connection: sa.Connection, sequence: int) -> None:
    """Compare batch `sequence` with the one before it, if there is one."""
    now = connection.execute(sa.select(batches).where(batches.c.sequence == sequence)).one()
    earlier = sa.select(batches).where(batches.c.sequence < sequence)
    before = connection.execute(earlier.order_by(batches.c.sequence.desc()).limit(1)).one_or_none()
    if before is None:
        return
    new_model = before.model_version != now.model_version
    for compared in (_still_there(before.sequence, sequence, new_model), _gone(before.sequence, sequence)):
        told = compared.subquery()
        groups = (told.c.cause, told.c.segment_before, told.c.segment_now)
        sums = [sa.func.sum(column) for column in (told.c.value_before, told.c.value_now)]
        connection.execute(
            movements.insert().from_select(
                list(movements.c),
                sa.select(
                    sa.literal(sequence), sa.literal(before.sequence), *groups, sa.func.count(), *sums
                ).group_by(*groups),
            )
        )


def drop_movements(connection: sa.Connection, sequence: int) -> None:
    """Forget what led to batch `sequence`, and from it."""
    either = (movements.c.batch == sequence) | (movements.c.before == sequence)
    connection.execute(movements.delete().where(either))


def read_movement(connection: sa.Connection, sequence: int) -> Movement | None:
    """What led to batch `sequence`; None where no batch before it is kept."""
    rows = connection.execute(sa.select(movements).where(movements.c.batch == sequence)).all()
    if not rows:
        return None
    before = connection.execute(sa.select(batches).where(batches.c.sequence == rows[0].before)).one()
    causes = {name: [row for row in rows if row.cause == name] for name in CAUSES}
    flows: dict[tuple[str | None, str | None], int] = {}
    for row in rows:
        pair = (row.segment_before, row.segment_now)
        flows[pair] = flows.get(pair, 0) + row.customers
    return Movement(
        published_batch(before),
        tuple(
            Cause(name, sum(r.customers for r in found), sum(r.value_now - r.value_before for r in found))
            for name, found in causes.items()
            if found
        ),
        tuple(Flow(before, now, customers) for (before, now), customers in flows.items()),
    )


def _still_there(before: int, now: int, new_model: bool) -> sa.Select[tuple[str, str, str, float, float]]:
    old, new = scores.alias("old"), scores.alias("new")
    had, has = sa.func.coalesce(old.c.value_at_risk, 0.0), sa.func.coalesce(new.c.value_at_risk, 0.0)
    scored_before = sa.func.coalesce(old.c.eligible, False)
    cause = sa.case(
        (~new.c.eligible & ~scored_before, "none"),
        (~new.c.eligible, "gone"),
        (~scored_before, "new"),
        (new.c.purchase_count > old.c.purchase_count, "came_back"),
        *([(new.c.eligible, "model")] if new_model else []),
        ((new.c.risk_band == "high") & (old.c.risk_band != "high"), "newly_high"),
        (has >= had, "rose"),
        else_="fell",
    )
    both = (old.c.batch == before) & (old.c.customer_id == new.c.customer_id)
    return (
        sa.select(
            cause.label("cause"),
            old.c.rfm_segment.label("segment_before"),
            new.c.rfm_segment.label("segment_now"),
            had.label("value_before"),
            has.label("value_now"),
        )
        .select_from(new.outerjoin(old, both))
        .where(new.c.batch == now)
    )


def _gone(before: int, now: int) -> sa.Select[tuple[str, str, str, float, float]]:
    old, new = scores.alias("old"), scores.alias("new")
    both = (new.c.batch == now) & (old.c.customer_id == new.c.customer_id)
    return (
        sa.select(
            sa.case((old.c.eligible, "gone"), else_="none").label("cause"),
            old.c.rfm_segment.label("segment_before"),
            sa.cast(sa.null(), sa.Text).label("segment_now"),
            sa.func.coalesce(old.c.value_at_risk, 0.0).label("value_before"),
            sa.literal(0.0).label("value_now"),
        )
        .select_from(old.outerjoin(new, both))
        .where(old.c.batch == before, new.c.customer_id.is_(None))
    )
