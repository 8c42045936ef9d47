"""Lists from the rolls in memory: the same, to the last digit, as by questions to the database."""

import dataclasses
import itertools
import json
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from serving.settings import StoreSettings
from serving.store import rolls as store_rolls
from serving.store.book import ContactBook
from serving.store.contacts import Contact
from serving.store.errors import StoreUnavailableError, UnknownNameError
from serving.store.lists import page
from serving.store.rolls import Rolls
from serving.store.rows import LATEST_BATCH, published_batch
from serving.store.store import Filters

CUSTOMERS = 90
SORTS = ("value_at_risk", "clv", "churn_probability")
MIDNIGHT = datetime(2024, 1, 2, tzinfo=UTC)
ASKED = {
    "scored_only": (False,),
    "rfm_segment": ("LOYAL", "PROSPECTS"),
    "own_segment": ("fifth",),
    "risk_band": ("high", "none of ours"),
    "min_value_at_risk": (7.0, 50.0),
    "max_value_at_risk": (35.0,),
    "min_clv": (2.0,),
    "max_clv": (8.0, 0.0),
    "max_churn_percentile": (95,),
    "min_days_since_last_purchase": (3,),
    "attributes": ((("country", "MY"),), (("country", "SG"),), (("country", "TH"), ("plan", "gold"))),
    "not_contacted_since": (date(2024, 1, 2),),
}


@pytest.fixture
def shop(writer, batch, many_scores, store_url, tmp_path):
    """Customers with ties, gaps, an objector, prospects, marks and contacts; contacts go through the book given."""
    scores = many_scores(CUSTOMERS, 1.0).assign(
        clv=[float(n % 11) for n in range(CUSTOMERS)],
        churn_percentile=[None if n % 13 == 0 else 1 + n for n in range(CUSTOMERS)],
        days_since_last_purchase=[n % 60 for n in range(CUSTOMERS)],
        own_segments=['["fifth"]' if n % 5 == 0 else None for n in range(CUSTOMERS)],
    )
    unscored = scores.index % 9 == 4
    scores["eligible"] = ~unscored
    scores["ineligible_reason"] = ["Only refunds are known." if no else None for no in unscored]
    for name in ("churn_probability", "risk_band", "clv", "value_at_risk"):
        scores[name] = scores[name].astype(object).where(~unscored, None)
    scores["rfm_segment"] = scores.rfm_segment.where(~unscored, "PROSPECTS")
    scores.loc[4, ["rfm_segment", "journey_stage"]] = None
    told = [
        {"country": ("MY", "TH")[n % 2], **({"plan": "gold"} if n % 10 == 0 else {})}
        for n in range(CUSTOMERS)
    ]
    own = dataclasses.replace(batch, own_segments=(("fifth", "every fifth"),))
    writer.publish(own, [scores.assign(attributes=[json.dumps(said) for said in told])])
    with ContactBook(StoreSettings(url=store_url), tmp_path, read_only=False) as book:
        yield book


def contact(book, customers, at):
    told = book.record(
        [Contact(customer_id, at) for customer_id in customers],
        None,
        f"{at} {customers[0]}",
        "one",
        at,
        lambda recorded: str([one.is_new for one in recorded]),
    )
    assert told == str([True] * len(customers))


def walked(ask):
    """Every page of a list, cursors included."""
    pages, cursor = [], None
    while True:
        pages.append(ask(cursor))
        cursor = pages[-1].next_cursor
        if cursor is None:
            return pages


def by_questions(reader, filters, sort, resting_since):
    def ask(cursor):
        with reader.reading() as connection:
            return page(connection, filters, sort, 7, cursor, resting_since)

    return walked(ask)


def from_memory(reader, filters, sort, resting_since):
    return walked(lambda cursor: reader.at_risk(filters, 7, cursor, sort, resting_since))


def test_every_filter_and_every_pair_of_them_gives_the_pages_that_the_database_gives(shop, reader):
    contact(shop, ["c0009", "c0070", "c0071"], MIDNIGHT - timedelta(microseconds=1))
    contact(shop, ["c0009", "c0022"], MIDNIGHT)
    single = [{name: value} for name, values in ASKED.items() for value in values]
    pairs = [one | other for one, other in itertools.combinations(single, 2) if not one.keys() & other.keys()]
    for n, asked in enumerate([{}, *single, *pairs]):
        sort = SORTS[n % 3]
        resting_since = (None, MIDNIGHT, MIDNIGHT - timedelta(days=1))[n % 4 % 3]
        found = from_memory(reader, Filters(**asked), sort, resting_since)
        assert found == by_questions(reader, Filters(**asked), sort, resting_since), (asked, sort)
    assert sum(len(one.scores) for one in from_memory(reader, Filters(), "clv", None)) == CUSTOMERS - 10


def test_who_was_contacted_since_the_last_question_leaves_the_list_at_once(shop, reader):
    def listed():
        pages = from_memory(reader, Filters(), "value_at_risk", MIDNIGHT)
        assert pages == by_questions(reader, Filters(), "value_at_risk", MIDNIGHT)
        return {score["customer_id"] for one in pages for score in one.scores}

    everybody = listed()
    contact(shop, ["c0001", "c0002"], MIDNIGHT)
    assert listed() == everybody - {"c0001", "c0002"}
    contact(shop, ["c0003"], MIDNIGHT - timedelta(days=3))
    assert listed() == everybody - {"c0001", "c0002"}


def test_a_name_that_the_batch_does_not_know_is_said_with_those_that_it_does(shop, reader):
    with pytest.raises(UnknownNameError, match=r"attribute is none that .* there are country, plan"):
        reader.at_risk(Filters(attributes=(("county", "MY"),)), 5)
    with pytest.raises(UnknownNameError, match=r"own_segment is no segment .* there are fifth"):
        reader.at_risk(Filters(own_segment="sixth"), 5)


def test_a_large_batch_is_read_beside_the_first_questions_which_the_database_answers(
    shop, reader, monkeypatch
):
    monkeypatch.setattr(store_rolls, "SMALL", 0)
    monkeypatch.setattr("serving.store.roll.ROWS_AT_ONCE", 16)
    asked = Filters(attributes=(("country", "MY"),))
    batch = reader.latest_batch()
    first = reader.at_risk(asked, 7)
    reader._rolls._background.shutdown()
    kept = reader._rolls.at_hand(batch)
    assert kept.roll.ids.to_pylist() == [f"c{n:04}" for n in range(CUSTOMERS)]
    assert kept.marks(asked) is None
    assert reader.at_risk(asked, 7) == first
    assert kept.marks(asked)[0].tolist() == [n % 2 == 0 and n != 4 for n in range(CUSTOMERS)]


def test_a_page_is_at_hand_once_all_that_it_takes_was_read(shop, reader):
    asked = Filters(attributes=(("country", "MY"),))

    def at_hand(resting_since=None):
        return reader.at_risk_at_hand(asked, 7, None, "clv", resting_since, False)

    assert at_hand() is None
    read = reader.at_risk(asked, 7, None, "clv")
    assert at_hand() == read
    contact(shop, ["c0009"], MIDNIGHT)
    assert at_hand() == read
    assert at_hand(MIDNIGHT) is None
    reader.at_risk(asked, 7, None, "clv", MIDNIGHT)
    assert at_hand(MIDNIGHT) == read


def test_the_batches_asked_about_longest_ago_are_forgotten(writer, reader, batch, many_scores, monkeypatch):
    monkeypatch.setattr(store_rolls, "MOST_ROWS", 70)
    for day in (1, 2, 3):
        writer.publish(dataclasses.replace(batch, as_of=date(2024, 1, day)), [many_scores(30, clv=1.0)])
        reader.at_risk(Filters(), 5)
    first, second, third = sorted(reader.batches(), key=lambda one: one.sequence)
    assert reader._rolls.at_hand(first) is None
    assert [len(reader._rolls.at_hand(one).roll) for one in (second, third)] == [30, 30]


def test_a_batch_that_goes_while_it_is_being_read_is_said_and_not_kept(shop, reader):
    with reader.reading() as connection:
        published = published_batch(connection.execute(LATEST_BATCH).one())
        gone = dataclasses.replace(published, sequence=published.sequence + 1)

        @contextmanager
        def reading():
            yield connection

        rolls = Rolls(reading)
        with pytest.raises(StoreUnavailableError, match=r"Batch 2 went while it was being read\. Try again"):
            rolls.read(connection, gone)
        assert rolls.at_hand(gone) is None
        rolls.close()
