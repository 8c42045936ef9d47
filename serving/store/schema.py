"""The store's tables, derived from the scores' contract; the same on SQLite and PostgreSQL.

A table or a column that is added here also needs an entry in serving.store.migrations.
"""

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from models.scores import ANSWERS, ScoreColumn

BANDS = ("low", "medium", "high")
LOWEST: sa.ColumnElement[float] = sa.literal_column("-1e308")
"""Below every number the store admits: where customers without a value stand in a sorted list."""


class Flag(sa.Boolean):
    """A boolean that a STRICT table of SQLite takes."""


class Day(sa.Date):
    """A date that a STRICT table of SQLite takes, as ISO text."""


@compiles(Flag, "sqlite")
def _flag_on_sqlite(flag: Flag, compiler: Any, **options: Any) -> str:
    return "INTEGER"


@compiles(Day, "sqlite")
def _day_on_sqlite(day: Day, compiler: Any, **options: Any) -> str:
    return "TEXT"


class UtcTime(sa.types.TypeDecorator[datetime.datetime]):
    """A moment with its zone, kept as ISO text in UTC: sorts as time does and reads alike everywhere."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: sa.Dialect) -> str | None:
        """To ISO text in UTC."""
        return None if value is None else value.astimezone(datetime.UTC).isoformat()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime.datetime | None:
        """Back to a datetime in UTC."""
        return None if value is None else datetime.datetime.fromisoformat(value)


INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBER: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TYPES: dict[str, Any] = {
    "text": sa.Text(),
    "integer": INTEGER,
    "number": NUMBER,
    "flag": Flag(),
    "date": Day(),
    "time": UtcTime(),
    "reasons": sa.Text(),
}


def _answer(column: ScoreColumn) -> sa.Column[Any]:
    # Customers who object to profiling keep a row without a segment or a stage.
    nullable = column.may_be_empty or column.name in ("rfm_segment", "journey_stage")
    return sa.Column(column.name, TYPES[column.kind], nullable=nullable)


def _key(name: str, *of: Any) -> sa.Column[Any]:
    """A column of a table that is nothing but its key."""
    return sa.Column(name, *of, primary_key=True, autoincrement=False)


def _finite(column: ScoreColumn) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column.name} BETWEEN -1e308 AND 1e308", name=f"{column.name}_is_finite")


metadata = sa.MetaData()

about = sa.Table(
    "about",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sqlite_strict=True,
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("sequence", INTEGER, primary_key=True),
    sa.Column("as_of", Day, nullable=False, unique=True),
    sa.Column("scored_at", UtcTime, nullable=False),
    sa.Column("model_version", sa.Text, nullable=False),
    sa.Column("churn_window_days", INTEGER, nullable=False),
    sa.Column("clv_horizon_days", INTEGER, nullable=False),
    sa.Column("margin", NUMBER, nullable=False),
    sa.Column("annual_discount_rate", NUMBER, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("customers", INTEGER, nullable=False),
    sa.Column("eligible", INTEGER, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

MARKS = ("attributes", "own_segments")
"""Beside a customer's answers: what the shop tells of them, a JSON object, and its own segments, a JSON list."""

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("batch", INTEGER, sa.ForeignKey("batches.sequence"), nullable=False),
    sa.Column("customer_id", ID, nullable=False),
    *(_answer(column) for column in ANSWERS),
    *(sa.Column(name, sa.Text) for name in MARKS),
    *(_finite(column) for column in ANSWERS if column.kind == "number"),
    sa.CheckConstraint("churn_probability BETWEEN 0 AND 1", name="churn_probability_is_a_probability"),
    sa.CheckConstraint("probability_alive BETWEEN 0 AND 1", name="probability_alive_is_a_probability"),
    sa.CheckConstraint("churn_percentile BETWEEN 1 AND 100", name="churn_percentile_from_1_to_100"),
    sa.CheckConstraint("engagement_score BETWEEN 0 AND 100", name="engagement_score_from_0_to_100"),
    sa.CheckConstraint("risk_band IN ('low', 'medium', 'high')", name="risk_band_is_known"),
    sa.CheckConstraint(
        "NOT eligible OR (churn_probability IS NOT NULL AND risk_band IS NOT NULL AND clv IS NOT NULL"
        " AND value_at_risk IS NOT NULL AND rfm_segment IS NOT NULL AND journey_stage IS NOT NULL)",
        name="the_eligible_have_a_score",
    ),
    sa.CheckConstraint(
        "eligible OR (churn_probability IS NULL AND ineligible_reason IS NOT NULL)",
        name="the_ineligible_have_a_reason_and_no_score",
    ),
    sqlite_strict=True,
)

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("batch", INTEGER, sa.ForeignKey("batches.sequence"), nullable=False),
    sa.Column("rfm_segment", sa.Text, nullable=False),
    sa.Column("risk_band", sa.Text),
    sa.Column("customers", INTEGER, nullable=False),
    sa.Column("scored", INTEGER, nullable=False),
    sa.Column("clv", NUMBER, nullable=False),
    sa.Column("value_at_risk", NUMBER, nullable=False),
    sa.Column("expected_churners", NUMBER, nullable=False),
    sqlite_strict=True,
)

attributes = sa.Table(
    "attributes",
    metadata,
    _key("batch", INTEGER, sa.ForeignKey("batches.sequence")),
    _key("name", sa.Text),
    _key("value", sa.Text),
    _key("customer_id", ID),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""Who has which attribute, as it was when the batch was scored. What one customer has stands in their scores."""

levels = sa.Table(
    "levels",
    metadata,
    sa.Column("batch", INTEGER, sa.ForeignKey("batches.sequence"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("customers", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""How many customers have which value of which attribute."""

own_segments = sa.Table(
    "own_segments",
    metadata,
    sa.Column("batch", INTEGER, sa.ForeignKey("batches.sequence"), nullable=False),
    sa.Column("position", INTEGER, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("customers", INTEGER, nullable=False),
    sa.Column("scored", INTEGER, nullable=False),
    sa.Column("clv", NUMBER, nullable=False),
    sa.Column("value_at_risk", NUMBER, nullable=False),
    sa.Column("expected_churners", NUMBER, nullable=False),
    *(sa.Column(band, INTEGER, nullable=False) for band in BANDS),
    sqlite_strict=True,
)
"""The segments of the shop's own and their totals; the last three count the members by risk band."""

memberships = sa.Table(
    "memberships",
    metadata,
    _key("batch", INTEGER, sa.ForeignKey("batches.sequence")),
    _key("segment", sa.Text),
    _key("customer_id", ID),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""Who is in which segment of the shop's own."""

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("batch", INTEGER, primary_key=True, autoincrement=False),
    sa.Column("previous", INTEGER),
    sa.Column("as_of", Day, nullable=False),
    sa.Column("scored_at", UtcTime, nullable=False),
    sa.Column("model_version", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("added", INTEGER, nullable=False),
    sa.Column("changed", INTEGER, nullable=False),
    sa.Column("removed", INTEGER, nullable=False),
    sqlite_strict=True,
)
"""What each batch changed against the one served before it. Outlives both, so no key leads to `batches`."""

DRAWERS = ("risk_band", "rfm_segment", "value_tier", "journey_stage")
MEASURES = ("churn_probability", "clv", "value_at_risk")

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("batch", INTEGER, sa.ForeignKey("feeds.batch"), nullable=False),
    sa.Column("customer_id", ID, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    *(sa.Column(f"{side}_{name}", sa.Text) for side in ("before", "after") for name in DRAWERS),
    *(sa.Column(f"{side}_{name}", NUMBER) for side in ("before", "after") for name in MEASURES),
    sa.Column("entered", sa.Text),
    sa.Column("exited", sa.Text),
    sa.CheckConstraint("kind IN ('added', 'changed', 'removed')", name="kind_is_known"),
    sqlite_strict=True,
)
"""One row per customer whom a batch added, changed or removed; `entered` and `exited` are JSON lists."""

OF_A_BATCH = (scores, segments, attributes, levels, memberships, own_segments)
"""The tables whose rows go when their batch goes; each has a column `batch`."""

SORTS = ("value_at_risk", "clv", "churn_probability")


def sort_key(sort: str) -> sa.ColumnElement[float]:
    """What a list is sorted by, never empty; the indices below hold this very expression."""
    return sa.func.coalesce(scores.c[sort], LOWEST)


FILTERED = (
    "eligible",
    "rfm_segment",
    "risk_band",
    "value_tier",
    "journey_stage",
    "churn_percentile",
    "clv",
    "value_at_risk",
    "days_since_last_purchase",
)
"""What lists are filtered by. Kept in the indices, so that a row that does not pass is not even read."""

sa.Index("scores_by_customer", scores.c.batch, scores.c.customer_id, unique=True)
for _sort in SORTS:
    sa.Index(
        f"scores_by_{_sort}",
        scores.c.batch,
        sort_key(_sort).desc(),
        scores.c.customer_id,
        *(scores.c[name] for name in FILTERED),
    )
for _name in ("rfm_segment", "risk_band"):
    sa.Index(
        f"scores_by_{_name}",
        scores.c.batch,
        scores.c[_name],
        sort_key("value_at_risk").desc(),
        scores.c.customer_id,
    )
sa.Index("segments_by_batch", segments.c.batch)

sa.Index("levels_by_value", levels.c.batch, levels.c.name, levels.c.value)
sa.Index("own_segments_by_batch", own_segments.c.batch)
sa.Index("changes_by_customer", changes.c.batch, changes.c.customer_id, unique=True)

campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("name", ID, primary_key=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("as_of", Day),
    sa.Column("model_version", sa.Text),
    sa.Column("churn_window_days", INTEGER, nullable=False),
    sa.Column("margin", NUMBER, nullable=False),
    sa.Column("contact_cost", NUMBER),
    sa.Column("offer_cost", NUMBER),
    sa.Column("accept_rate", NUMBER),
    sa.Column("budget", NUMBER),
    sa.Column("control_share", NUMBER),
    sa.Column("request", sa.Text),
    sqlite_strict=True,
)
"""One row per campaign. Those that were only reported with their contacts have no `request`, as_of or costs."""

ARMS = ("treated", "control")

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("number", INTEGER, primary_key=True),
    sa.Column("customer_id", ID, nullable=False),
    sa.Column("contacted_at", UtcTime, nullable=False),
    sa.Column("campaign", ID, sa.ForeignKey("campaigns.name")),
    sa.Column("arm", sa.Text, nullable=False),
    sa.CheckConstraint("arm IN ('treated', 'control')", name="arm_is_known"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""One row per customer and campaign, or per customer and moment outside of campaigns. Outlives batches."""

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("campaign", ID, sa.ForeignKey("campaigns.name"), primary_key=True),
    sa.Column("measured_at", UtcTime, nullable=False),
    sa.Column("as_of", Day, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sqlite_strict=True,
)
"""What `tenure lift` last found of a campaign, as JSON."""

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("key", ID, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sqlite_strict=True,
)
"""Answers already given, by Idempotency-Key, for as long as a client may still ask again."""

sa.Index("contacts_by_campaign", contacts.c.campaign, contacts.c.customer_id, unique=True)
sa.Index("contacts_by_customer", contacts.c.customer_id, contacts.c.contacted_at)
sa.Index("contacts_by_time", contacts.c.contacted_at, contacts.c.customer_id)
sa.Index("requests_by_time", requests.c.created_at)
