"""A store of the first layout is carried on with its batches; whoever cannot read a store says what to run."""

import dataclasses
from datetime import date

import pytest
import sqlalchemy as sa

from serving.store.errors import NoScoresError, StoreError
from serving.store.store import Filters

ADDED = ("changes", "feeds", "memberships", "own_segments", "attributes", "levels")


@pytest.fixture
def take_back(store_url):
    """Takes the store back to the layout of the first version, whose scores knew no engagement."""

    def take_back():
        engine = sa.create_engine(store_url)
        with engine.begin() as connection:
            for table in ADDED:
                connection.exec_driver_sql(f"DROP TABLE {table}")
            if engine.dialect.name == "postgresql":  # SQLite cannot drop a column that a CHECK names
                connection.exec_driver_sql("ALTER TABLE scores DROP COLUMN engagement_score")
            connection.exec_driver_sql(
                "DELETE FROM about WHERE name NOT IN ('schema_version', 'cursor_secret')"
            )
            connection.exec_driver_sql("UPDATE about SET value = '1' WHERE name = 'schema_version'")
        engine.dispose()

    return take_back


def test_a_store_of_the_first_layout_is_carried_on_without_losing_a_batch(
    writer, reader, batch, six_scores, take_back
):
    six_scores = six_scores.assign(engagement_score=None)
    writer.publish(batch, [six_scores])
    cursor = writer.at_risk(Filters(), 2).next_cursor
    before = list(writer.iterate())
    take_back()

    writer.publish(dataclasses.replace(batch, as_of=date(2024, 1, 2)), [six_scores])

    assert [kept.sequence for kept in reader.batches()] == [2, 1]
    assert list(reader.iterate(1)) == before
    assert len(reader.at_risk(Filters(), 2, cursor).scores) == 2


def test_a_reader_of_an_earlier_layout_says_what_to_run(writer, reader, batch, six_scores, take_back):
    writer.publish(batch, [six_scores])
    take_back()

    with pytest.raises(StoreError, match=r"earlier version of Tenure. Run `tenure score`: it carries"):
        reader.customer("loyal")


def test_a_run_that_changes_nothing_carries_the_store_on(
    writer, reader, batch, six_scores, take_back, store_url, tmp_path
):
    writer.publish(batch, [six_scores])
    take_back()

    held = writer.holds(batch)

    assert held is not None
    assert not held.changed
    assert reader.customer("loyal").score["historic_spend"] == 110.0


def test_a_column_that_the_contract_has_gained_is_added_and_empty(
    writer, reader, batch, six_scores, store_url
):
    if store_url.startswith("sqlite"):
        pytest.skip("SQLite drops no column that a CHECK names, so there is no store without it to be had")
    writer.publish(batch, [six_scores])
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE scores DROP COLUMN clv_median")
        connection.exec_driver_sql("UPDATE about SET value = 'fewer' WHERE name = 'answers'")
    engine.dispose()

    writer.publish(dataclasses.replace(batch, as_of=date(2024, 1, 2)), [six_scores.assign(clv_median=7.0)])

    assert [score["clv_median"] for _, score in reader.history("new")] == [7.0, None]


MARKS_IN_TABLES = (
    "DROP TABLE attributes",
    "DROP TABLE memberships",
    "ALTER TABLE scores DROP COLUMN attributes",
    "ALTER TABLE scores DROP COLUMN own_segments",
    "CREATE TABLE attributes (batch integer, customer_id text, name text, value text)",
    "CREATE UNIQUE INDEX attributes_by_customer ON attributes (batch, customer_id, name)",
    "CREATE INDEX attributes_by_value ON attributes (batch, name, value, customer_id)",
    "CREATE TABLE memberships (batch integer, segment text, customer_id text)",
    "CREATE INDEX memberships_by_customer ON memberships (batch, customer_id)",
    """INSERT INTO attributes VALUES (1, 'loyal', 'country', 'M"Y'), (1, 'loyal', 'plan', 'gold'), """
    "(1, 'new', 'country', 'TH')",
    "INSERT INTO memberships VALUES (1, 'odd', 'loyal'), (1, 'big', 'loyal'), (1, 'big', 'new')",
    "DELETE FROM about WHERE name = 'migration: marks told beside scores'",
)
"""As the store was laid out while attributes and own segments had tables of their own."""


def test_marks_from_tables_of_their_own_are_told_beside_scores(writer, reader, batch, six_scores, store_url):
    rules = (("big", "clv > 1"), ("odd", "clv < 1"))
    writer.publish(dataclasses.replace(batch, own_segments=rules), [six_scores])
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        for command in MARKS_IN_TABLES:
            connection.exec_driver_sql(command)
        connection.execute(
            sa.text("INSERT INTO levels VALUES (1, 'country', 'M\"Y', 1), (1, 'plan', 'gold', 1)")
        )
    engine.dispose()

    assert writer.holds(dataclasses.replace(batch, own_segments=rules)) is not None

    portraits = {name: reader.portrait(name) for name in ("loyal", "new", "lapsed")}
    assert {name: (told.attributes, told.own_segments) for name, told in portraits.items()} == {
        "loyal": ({"country": 'M"Y', "plan": "gold"}, ["big", "odd"]),
        "new": ({"country": "TH"}, ["big"]),
        "lapsed": ({}, []),
    }
    for filters in (Filters(attributes=(("country", 'M"Y'),)), Filters(own_segment="odd")):
        assert [score["customer_id"] for score in reader.at_risk(filters, 5).scores] == ["loyal"]


def test_indices_that_a_later_version_widened_are_made_anew(writer, reader, batch, six_scores, store_url):
    writer.publish(batch, [six_scores])
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX scores_by_risk_band")
        connection.exec_driver_sql("CREATE INDEX scores_by_risk_band ON scores (batch, risk_band)")
        connection.exec_driver_sql("DELETE FROM about WHERE name LIKE '%%filtered by value at risk'")

    assert writer.holds(batch) is not None

    definitions = {
        "sqlite": "SELECT sql FROM sqlite_schema WHERE name = 'scores_by_risk_band'",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = 'scores_by_risk_band'",
    }
    with engine.connect() as connection:
        defined = connection.exec_driver_sql(definitions[engine.dialect.name]).scalar_one()
    engine.dispose()
    assert "value_at_risk" in defined
    assert reader.customer("loyal").score["customer_id"] == "loyal"


def test_before_the_first_publication_there_is_nothing_to_carry_on(writer):
    with pytest.raises(NoScoresError):
        writer.batches()
