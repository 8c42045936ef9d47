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


def test_indices_that_a_later_version_widened_are_made_anew(writer, reader, batch, six_scores, store_url):
    writer.publish(batch, [six_scores])
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX memberships_by_customer")
        connection.exec_driver_sql("CREATE INDEX memberships_by_customer ON memberships (batch, customer_id)")
        connection.exec_driver_sql("DELETE FROM about WHERE name LIKE '%%looked up in an index'")

    assert writer.holds(batch) is not None

    indices = {index["name"]: index for index in sa.inspect(engine).get_indexes("memberships")}
    engine.dispose()
    assert indices["memberships_by_customer"]["column_names"] == ["batch", "customer_id", "segment"]
    assert reader.portrait("loyal").own_segments == []


def test_before_the_first_publication_there_is_nothing_to_carry_on(writer):
    with pytest.raises(NoScoresError):
        writer.batches()
