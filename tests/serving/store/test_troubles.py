"""A store that cannot be used says so in a sentence, and goes on serving what it has."""

import dataclasses
import os
import threading
import time
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import ConfigurationError
from serving.settings import StoreSettings
from serving.store import postgresql as store_postgresql
from serving.store.engine import resolve
from serving.store.errors import NoScoresError, StoreError, StoreUnavailableError
from serving.store.store import Filters, ScoreStore


def open_store(url: str, folder: Path, read_only: bool = False) -> ScoreStore:
    return ScoreStore(StoreSettings(url=url), folder, read_only)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("scores.db", "is not a database URL. Write sqlite:///var/scores.db"),
        ("sqlite://", "names no file"),
        ("mysql://shop:secret@db/scores", "begins with mysql://"),
    ],
)
def test_a_url_of_no_store_is_a_configuration_error(url, words, tmp_path):
    with pytest.raises(ConfigurationError, match=words) as refusal:
        open_store(url, tmp_path)
    assert "secret" not in str(refusal.value)


def test_a_relative_path_starts_at_the_configurations_folder(tmp_path, batch, six_scores):
    with open_store("sqlite:///var/scores.db", tmp_path) as store:
        store.publish(batch, [six_scores])

    path = tmp_path / "var" / "scores.db"
    assert path.stat().st_mode & 0o777 == 0o600
    with open_store(f"sqlite:///{path}", Path("/"), read_only=True) as reader:
        assert reader.latest_batch().sequence == 1


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path, batch, six_scores):
    path = tmp_path / "scores.db"
    path.write_text("customer_id,score\n" * 100)

    with pytest.raises(StoreError, match=r"scores.db is not a database of scores, or is damaged"):
        open_store(f"sqlite:///{path}", tmp_path).publish(batch, [six_scores])
    with pytest.raises(StoreError, match="Restore it from a backup"):
        open_store(f"sqlite:///{path}", tmp_path, read_only=True).customer("loyal")
    assert path.read_text() == "customer_id,score\n" * 100


def test_a_folder_in_place_of_the_file_is_said(tmp_path, batch, six_scores):
    with pytest.raises(StoreError, match=r"cannot be opened: Is a directory. Check \[store\] url"):
        open_store(f"sqlite:///{tmp_path}", tmp_path)


def test_a_full_disk_is_said_and_the_previous_batch_is_served(tmp_path, batch, many_scores):
    url = f"sqlite:///{tmp_path / 'scores.db'}"
    with open_store(url, tmp_path) as store:
        store.publish(batch, [many_scores(100, 1.0)])

    def limit_size(connection, record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    sa.event.listen(sa.Engine, "connect", limit_size)
    try:
        with (
            open_store(url, tmp_path) as store,
            pytest.raises(
                StoreError, match=r"disk of the store at .*scores.db is full. Nothing was published"
            ),
        ):
            store.publish(dataclasses.replace(batch, as_of=date(2024, 1, 2)), [many_scores(2000, 2.0)])
    finally:
        sa.event.remove(sa.Engine, "connect", limit_size)

    with open_store(url, tmp_path, read_only=True) as reader:
        assert (reader.latest_batch().as_of, reader.latest_batch().customers) == (date(2024, 1, 1), 100)


def test_a_store_of_another_layout_is_refused_by_name(writer, batch, six_scores, store_url):
    writer.publish(batch, [six_scores])
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE about SET value = '99' WHERE name = 'schema_version'"))
    engine.dispose()

    with pytest.raises(StoreError, match=r"newer version of Tenure. Install that version"):
        writer.publish(dataclasses.replace(batch, model_version="8"), [six_scores])


def test_a_server_that_is_not_there_is_unavailable_and_its_password_stays_secret(tmp_path):
    url = f"postgresql://tenure:hush@/scores?host={tmp_path}"
    with (
        open_store(url, tmp_path, read_only=True) as store,
        pytest.raises(StoreUnavailableError, match="does not answer") as error,
    ):
        store.customer("loyal")
    assert "hush" not in str(error.value)


@pytest.fixture
def served(postgres_server, tmp_path, batch, six_scores):
    """A reader of a PostgreSQL store with six customers."""
    url = postgres_server.new_database()
    with open_store(url, tmp_path) as writer:
        writer.publish(batch, [six_scores])
    with open_store(url, tmp_path, read_only=True) as reader:
        yield reader


def test_readers_give_up_on_a_paused_server_and_recover(served, postgres_server):
    assert served.customer("loyal").score is not None
    postgres_server.pause()
    try:
        for _ in range(2):
            # Ping and connection give up after 2.4 seconds together; without that they wait for ever.
            started = time.monotonic()
            with pytest.raises(StoreUnavailableError, match="does not answer"):
                served.customer("loyal")
            assert time.monotonic() - started < 8
    finally:
        postgres_server.resume()
    assert served.customer("loyal").score is not None


def test_a_question_under_way_is_given_up_when_the_server_freezes(postgres_server, tmp_path):
    settings = StoreSettings(url=postgres_server.new_database(), statement_timeout_seconds=1)
    engine = store_postgresql.open_engine(resolve(settings.url, tmp_path), settings, read_only=True)
    pause = threading.Timer(0.2, postgres_server.pause)
    try:
        with engine.connect() as connection:
            pause.start()
            with pytest.raises(sa.exc.OperationalError, match=r"no reply within 1\.5 seconds"):
                connection.execute(sa.text("SELECT pg_sleep(60)"))
    finally:
        pause.join()
        postgres_server.resume()
        engine.dispose()


def test_readers_survive_a_restart_of_the_server(served, postgres_server):
    assert served.customer("loyal").score is not None
    postgres_server.stop()
    try:
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            served.customer("loyal")
    finally:
        postgres_server.start()
    assert served.customer("loyal").score is not None


def test_a_publish_cut_off_by_the_servers_restart_leaves_the_previous_batch(
    postgres_server, tmp_path, batch, six_scores
):
    url = postgres_server.new_database()

    def interrupted():
        yield six_scores[:3]
        postgres_server.stop()
        postgres_server.start()
        yield six_scores[3:]

    with open_store(url, tmp_path) as store:
        store.publish(batch, [six_scores])
        later = dataclasses.replace(batch, as_of=date(2024, 1, 2))
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            store.publish(later, interrupted())
        assert store.latest_batch().as_of == date(2024, 1, 1)
        assert store.publish(later, [six_scores]).batch.customers == 6


def test_a_role_that_may_only_read_is_enough_to_serve(postgres_server, tmp_path, batch, six_scores):
    url = sa.make_url(postgres_server.new_database())
    with open_store(url.render_as_string(), tmp_path) as writer:
        writer.publish(batch, [six_scores])
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE ROLE shop_window LOGIN")
            connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO shop_window")
        engine.dispose()

    window = url.set(username="shop_window").render_as_string()
    with open_store(window, tmp_path, read_only=True) as reader:
        page = reader.at_risk(Filters(), 2)
        assert len(reader.at_risk(Filters(), 2, page.next_cursor).scores) == 2
        assert reader.customer("loyal").score["clv"] == 100.0
    with (
        open_store(window, tmp_path) as store,
        pytest.raises(StoreError, match="does not allow that: permis"),
    ):
        store.publish(dataclasses.replace(batch, model_version="8"), [six_scores])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write where nobody may")
def test_a_read_only_store_is_said(tmp_path, batch, six_scores):
    path = tmp_path / "scores.db"
    with open_store(f"sqlite:///{path}", tmp_path) as store:
        store.publish(batch, [six_scores])
    path.chmod(0o400)

    with pytest.raises(StoreError, match="cannot be"):
        open_store(f"sqlite:///{path}", tmp_path)


def test_a_reader_of_a_missing_file_finds_scores_once_they_are_there(tmp_path, batch, six_scores):
    url = f"sqlite:///{tmp_path / 'later.db'}"
    with open_store(url, tmp_path, read_only=True) as reader:
        with pytest.raises(NoScoresError):
            reader.at_risk(Filters(), 5)
        with open_store(url, tmp_path) as writer:
            writer.publish(batch, [six_scores])
        assert len(reader.at_risk(Filters(), 5).scores) == 4
