"""What the customers of a list have in common, and how the store is asked for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa

from serving.store.errors import UnknownNameError
from serving.store.schema import (
    LOWEST,
    attributes,
    contacts,
    levels,
    memberships,
    own_segments,
    scores,
    sort_key,
)

OWN_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$"
"""What a segment of the shop's own may be called."""
RARE = 2_000
"""So many customers are found and sorted sooner than a list is walked until a page of them is together."""


@dataclass(frozen=True)
class Filters:
    """What the rows of a list have in common; None asks nothing. Minima and maxima are included.

    With `scored_only` the list leaves out those without a score, such as prospects. `attributes` are pairs of
    a name and a value; all of them hold. `own_segment` is one of the shop's own.
    """

    scored_only: bool = True
    rfm_segment: str | None = None
    own_segment: str | None = None
    risk_band: str | None = None
    value_tier: str | None = None
    journey_stage: str | None = None
    min_value_at_risk: float | None = None
    max_value_at_risk: float | None = None
    min_clv: float | None = None
    max_clv: float | None = None
    min_churn_percentile: int | None = None
    max_churn_percentile: int | None = None
    min_days_since_last_purchase: int | None = None
    max_days_since_last_purchase: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    not_contacted_since: date | None = None

    @property
    def contacted_before(self) -> datetime | None:
        """The moment from which on nobody on the list was contacted: midnight UTC of that day."""
        day = self.not_contacted_since
        return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


EQUAL = ("rfm_segment", "risk_band", "value_tier", "journey_stage")
BOUNDED = ("value_at_risk", "clv", "churn_percentile", "days_since_last_purchase")


def conditions(
    connection: sa.Connection, sequence: int, filters: Filters, sort: str | None
) -> list[sa.ColumnElement[bool]]:
    """The conditions on rows of `scores` in batch `sequence`; each filter adds its own, and all hold.

    A filter on another table asks that a row of it exists, as `_marks` does. Raises UnknownNameError.
    """
    check_names(connection, sequence, filters)
    columns = scores.c
    chosen: list[sa.ColumnElement[bool]] = []
    if filters.scored_only:
        chosen.append(columns.eligible)
    chosen += [columns[name] == wanted for name in EQUAL if (wanted := getattr(filters, name)) is not None]
    if filters.rfm_segment is None:
        chosen.append(columns.rfm_segment.is_not(None))
    for name in BOUNDED:
        if (least := getattr(filters, f"min_{name}")) is not None:
            chosen.append(columns[name] >= least)
        if (most := getattr(filters, f"max_{name}")) is not None:
            chosen.append(columns[name] <= most)
    if sort is not None:
        chosen += _bounds_of_the_sort(filters, sort)
    if filters.contacted_before is not None:
        chosen.append(not_contacted(filters.contacted_before))
    chosen += _marks(connection, sequence, filters)
    return chosen


def not_contacted(since: datetime) -> sa.ColumnElement[bool]:
    """The condition that no contact of the customer at or after `since` is recorded, in either arm."""
    own = contacts.c.customer_id == scores.c.customer_id
    return (
        ~sa.select(contacts.c.number).where(own, contacts.c.contacted_at >= since).correlate(scores).exists()
    )


def is_rare(connection: sa.Connection, sequence: int, filters: Filters) -> bool:
    """Whether few customers have one of the attributes asked for, or are in the segment."""
    return any(count <= RARE for count, _ in _marked(connection, sequence, filters))


def _bounds_of_the_sort(filters: Filters, sort: str) -> Iterator[sa.ColumnElement[bool]]:
    """Where an index may start and stop: nothing new, in the terms that it is sorted by."""
    least = getattr(filters, f"min_{sort}", None)
    if least is not None:
        yield sort_key(sort) >= least
    elif filters.scored_only:
        yield sort_key(sort) > LOWEST
    if (most := getattr(filters, f"max_{sort}", None)) is not None:
        yield sort_key(sort) <= most


def _marks(connection: sa.Connection, sequence: int, filters: Filters) -> Iterator[sa.ColumnElement[bool]]:
    for count, marked in _marked(connection, sequence, filters):
        if count <= RARE:
            yield scores.c.customer_id.in_(list(connection.scalars(marked)))
        else:
            holder = marked.selected_columns[0]
            yield marked.where(holder == scores.c.customer_id).correlate(scores).exists()


def _marked(
    connection: sa.Connection, sequence: int, filters: Filters
) -> Iterator[tuple[int, "sa.Select[tuple[str]]"]]:
    """For each attribute and segment asked for: how many customers it marks, and the question for their ids."""
    for name, value in filters.attributes:
        of_batch = levels.c.batch == sequence
        query = sa.select(levels.c.customers).where(of_batch, levels.c.name == name, levels.c.value == value)
        holders = sa.select(attributes.c.customer_id).where(
            attributes.c.batch == sequence, attributes.c.name == name, attributes.c.value == value
        )
        yield connection.scalar(query) or 0, holders
    if filters.own_segment is not None:
        query = sa.select(own_segments.c.customers).where(
            own_segments.c.batch == sequence, own_segments.c.name == filters.own_segment
        )
        members = sa.select(memberships.c.customer_id).where(
            memberships.c.batch == sequence, memberships.c.segment == filters.own_segment
        )
        yield connection.scalar(query) or 0, members


@dataclass(frozen=True)
class Known:
    """The names that lists of a batch may ask for; segments of the shop's own as the configuration orders them."""

    attributes: tuple[str, ...]
    own_segments: tuple[str, ...]

    def check(self, filters: Filters) -> None:
        """Raise UnknownNameError where an attribute or a segment asked for is none of them."""
        if not {name for name, _ in filters.attributes} <= set(self.attributes):
            there = (
                f"there are {', '.join(self.attributes)}"
                if self.attributes
                else "[data] attributes in tenure.toml names none"
            )
            raise UnknownNameError("attribute", f"is none that the scores were published with; {there}")
        if filters.own_segment is not None and filters.own_segment not in self.own_segments:
            there = (
                f"of one's own there are {', '.join(self.own_segments)}"
                if self.own_segments
                else "tenure.toml has none of one's own"
            )
            raise UnknownNameError("own_segment", f"is no segment of these scores; {there}")


def check_names(connection: sa.Connection, sequence: int, filters: Filters) -> None:
    """Raise UnknownNameError where batch `sequence` does not know an attribute or a segment asked for."""
    if filters.attributes or filters.own_segment is not None:
        read_known(connection, sequence).check(filters)


def read_known(connection: sa.Connection, sequence: int) -> Known:
    """What lists of batch `sequence` may ask for by name."""
    names = sa.select(levels.c.name).where(levels.c.batch == sequence).distinct()
    return Known(tuple(sorted(connection.scalars(names))), tuple(own_segment_names(connection, sequence)))


def own_segment_names(connection: sa.Connection, sequence: int) -> list[str]:
    """The segments of the shop's own in a batch, as the configuration orders them."""
    return list(
        connection.scalars(
            sa.select(own_segments.c.name)
            .where(own_segments.c.batch == sequence)
            .order_by(own_segments.c.position)
        )
    )
