"""The store on SQLite and on PostgreSQL: what is published is what is read, whole batches only."""

import dataclasses
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from models.scores import NAMES
from serving.store.batches import Segment
from serving.store.cursor import CursorError, CursorGoneError
from serving.store.errors import NoScoresError, StoreError, StoreUnavailableError
from serving.store.portraits import statement
from serving.store.store import Filters


def nobody_asks() -> Iterator[pd.DataFrame]:
    raise AssertionError("scores were read that the store already holds")
    yield


def ids(page):
    return [score["customer_id"] for score in page.scores]


def test_before_the_first_publication_there_are_no_scores(reader):
    assert reader.latest_batch() is None
    with pytest.raises(NoScoresError, match="Run `tenure score`"):
        reader.customer("loyal")
    with pytest.raises(NoScoresError, match="Run `tenure score`"):
        reader.at_risk(Filters(), limit=10)


def test_a_published_score_comes_back_cell_by_cell(writer, reader, batch, six_scores):
    publication = writer.publish(batch, [six_scores[:4], six_scores[4:]])

    assert publication.changed
    assert publication.sentence() == (
        "Published batch 1 as of 2024-01-01 by model version 7: 6 customers, 4 of them with a score."
    )
    answer = reader.customer("loyal")
    assert answer.batch == reader.latest_batch() == publication.batch
    assert (answer.batch.sequence, answer.batch.customers, answer.batch.eligible) == (1, 6, 4)
    assert answer.batch.horizons == batch.horizons
    assert answer.score == {
        "customer_id": "loyal",
        "as_of": date(2024, 1, 1),
        "scored_at": datetime(2024, 1, 1, 4, 30, tzinfo=UTC),
        "model_version": "7",
        "eligible": True,
        "ineligible_reason": None,
        "churn_probability": 0.1,
        "churn_percentile": 13,
        "risk_band": "low",
        "probability_alive": 0.95,
        "expected_purchases": None,
        "clv": 100.0,
        "clv_median": None,
        "clv_low": 50.0,
        "clv_high": None,
        "value_at_risk": 10.0,
        "expected_next_purchase_at": date(2024, 1, 9),
        "next_purchase_low_at": date(2024, 1, 3),
        "next_purchase_high_at": date(2024, 2, 1),
        "historic_spend": 110.0,
        "purchase_count": 11,
        "days_since_last_purchase": 3,
        "rfm_segment": "CHAMPIONS",
        "value_tier": "top",
        "journey_stage": "advocacy",
        "engagement_score": 90.0,
        "reasons": [{"feature": "frequency", "value": 10}],
    }
    assert tuple(answer.score) == NAMES
    assert answer.score["eligible"] is True


def test_several_customers_are_answered_at_once_and_unknown_ones_left_out(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])

    answers = reader.customers(["lapsed", "nobody", "refunded", "nul\0", "half \ud83d"])

    assert sorted(answers.scores) == ["lapsed", "refunded"]
    assert answers.scores["refunded"]["ineligible_reason"] == "Only refunds are known."
    assert answers.scores["refunded"]["churn_probability"] is None
    assert answers.scores["refunded"]["historic_spend"] == -5.0
    assert reader.customer("nobody").score is None


def test_publishing_the_same_scores_again_changes_nothing(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])
    before = list(reader.iterate())

    publication = writer.publish(batch, nobody_asks())

    assert not publication.changed
    assert publication.sentence() == (
        "Nothing changed: batch 1 already holds these scores of 2024-01-01 by model version 7."
    )
    assert [kept.sequence for kept in reader.batches()] == [1]
    assert list(reader.iterate()) == before


def test_another_model_replaces_the_scores_of_the_same_day(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])
    first = reader.at_risk(Filters(), limit=2)

    publication = writer.publish(
        dataclasses.replace(batch, model_version="8"), [six_scores.assign(churn_percentile=50)[:4]]
    )

    assert publication.sentence() == (
        "Published batch 2 as of 2024-01-01 by model version 8, in place of batch 1: "
        "4 customers, 4 of them with a score."
    )
    assert [(b.sequence, s["model_version"]) for b, s in reader.history("loyal")] == [(2, "8")]
    assert reader.history("refunded") == []
    with pytest.raises(CursorGoneError, match="batch 1 is no longer kept"):
        reader.at_risk(Filters(), 2, first.next_cursor)


def test_other_purchases_of_the_same_day_replace_its_scores_too(writer, batch, six_scores):
    writer.publish(batch, [six_scores])

    publication = writer.publish(dataclasses.replace(batch, fingerprint="a late order"), [six_scores])

    assert (publication.changed, publication.replaced, publication.batch.sequence) == (True, 1, 2)


def test_batches_are_ordered_by_sequence_and_never_by_clock(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])
    yesterday = dataclasses.replace(
        batch, as_of=date(2023, 12, 1), scored_at=datetime(1999, 12, 31, tzinfo=UTC)
    )
    writer.publish(yesterday, [six_scores.assign(historic_spend=1.0)])

    assert reader.latest_batch().as_of == date(2023, 12, 1)
    assert [(b.as_of, s["historic_spend"]) for b, s in reader.history("loyal")] == [
        (date(2023, 12, 1), 1.0),
        (date(2024, 1, 1), 110.0),
    ]


def test_only_the_newest_batches_are_kept(writer, reader, batch, six_scores):
    publications = [
        writer.publish(dataclasses.replace(batch, as_of=date(2024, month, 1)), [six_scores])
        for month in range(1, 6)
    ]

    assert [publication.pruned for publication in publications] == [(), (), (), (1,), (2,)]
    assert [kept.sequence for kept in reader.batches()] == [5, 4, 3]
    assert len(reader.history("loyal")) == 3
    assert sum(len(rows) for rows in reader.iterate(3)) == 6
    with pytest.raises(StoreError, match="Batch 2 is not kept"):
        reader.segments(2)


def test_an_empty_batch_is_refused_and_the_previous_one_served(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])

    with pytest.raises(StoreError, match=r"nobody to score as of 1996-01-01.*later --as-of"):
        writer.publish(dataclasses.replace(batch, as_of=date(1996, 1, 1)), [six_scores[:0]])

    assert reader.latest_batch().as_of == date(2024, 1, 1)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("churn_probability", 1.5, "churn_probability_is_a_probability"),
        ("churn_probability", float("nan"), "the_eligible_have_a_score"),
        ("clv_high", float("inf"), "clv_high_is_finite"),
        ("churn_percentile", 0, "churn_percentile_from_1_to_100"),
        ("risk_band", "dreadful", "risk_band_is_known"),
        ("historic_spend", None, "historic_spend"),
        ("customer_id", "lapsed", "scores_by_customer|scores.customer_id"),
    ],
)
def test_what_is_no_score_is_refused_and_the_previous_batch_served(
    writer, reader, batch, six_scores, column, value, words
):
    writer.publish(batch, [six_scores])
    wrong = six_scores.copy()
    wrong.loc[0, column] = value

    with pytest.raises(StoreError, match=f"refused the scores.*({words})"):
        writer.publish(dataclasses.replace(batch, as_of=date(2024, 1, 2)), [six_scores[:0], wrong])

    assert reader.latest_batch().as_of == date(2024, 1, 1)
    assert reader.customer("loyal").score["churn_probability"] == 0.1


def test_the_at_risk_list_is_sorted_by_value_at_risk_then_by_id(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])

    assert ids(reader.at_risk(Filters(), limit=10)) == ["lapsed", "loyal", "one-time", "new"]
    assert reader.at_risk(Filters(), limit=10).next_cursor is None
    assert ids(reader.at_risk(Filters(), 10, sort="clv")) == ["loyal", "new", "lapsed", "one-time"]
    assert ids(reader.at_risk(Filters(), 2, sort="churn_probability")) == ["lapsed", "one-time"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(min_value_at_risk=10.0), ["lapsed", "loyal", "one-time"]),
        (Filters(rfm_segment="AT_RISK"), ["lapsed", "one-time"]),
        (Filters(risk_band="high", min_clv=20.0), ["lapsed"]),
        (Filters(value_tier="top"), ["loyal"]),
        (Filters(journey_stage="onboarding"), ["new"]),
        (Filters(min_churn_percentile=63), ["lapsed", "one-time"]),
        (Filters(min_days_since_last_purchase=3, max_days_since_last_purchase=150), ["loyal", "one-time"]),
        (Filters(rfm_segment="DORMANT"), []),
        (Filters(scored_only=False), ["lapsed", "loyal", "one-time", "new", "refunded"]),
    ],
)
def test_filters_combine(writer, reader, batch, six_scores, filters, expected):
    writer.publish(batch, [six_scores])

    assert ids(reader.at_risk(filters, limit=10)) == expected


def test_pages_meet_without_gap_or_overlap_also_among_equal_values(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores.assign(value_at_risk=[1.0, 1.0, 1.0, 1.0, None, None])])

    seen, cursor = [], None
    for _ in range(3):
        page = reader.at_risk(Filters(scored_only=False), 2, cursor)
        seen, cursor = [*seen, *ids(page)], page.next_cursor

    assert seen == ["lapsed", "loyal", "new", "one-time", "refunded"]
    assert cursor is None


def test_a_walk_stays_on_its_batch_while_others_are_published(writer, reader, batch, many_scores):
    writer.publish(batch, [many_scores(100, clv=1.0)])
    page = reader.at_risk(Filters(risk_band="high"), 10)
    walked = page.scores
    for month in (2, 3):
        writer.publish(dataclasses.replace(batch, as_of=date(2024, month, 1)), [many_scores(90, clv=2.0)])
        page = reader.at_risk(Filters(risk_band="high"), 10, page.next_cursor)
        walked += page.scores
    while page.next_cursor:
        page = reader.at_risk(Filters(risk_band="high"), 10, page.next_cursor)
        walked += page.scores

    assert sorted(score["customer_id"] for score in walked) == [f"c{n:04}" for n in range(67, 100)]
    assert {score["clv"] for score in walked} == {1.0}


def test_a_cursor_of_another_list_is_refused(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])
    cursor = reader.at_risk(Filters(), 1).next_cursor

    for filters, sort in [(Filters(risk_band="high"), "value_at_risk"), (Filters(), "clv")]:
        with pytest.raises(CursorError, match="not a cursor of this list"):
            reader.at_risk(filters, 1, cursor, sort)


def test_members_without_a_score_come_last_and_who_objects_is_on_no_list(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])

    assert ids(reader.members("AT_RISK", 10)) == ["lapsed", "one-time"]
    assert ids(reader.members("PROSPECTS", 10)) == ["refunded"]
    everybody = {i for segment in reader.segments().segments for i in ids(reader.members(segment.name, 10))}
    assert everybody == {"loyal", "lapsed", "one-time", "new", "refunded"}


def test_segments_are_counted_with_their_value(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores[:3], six_scores[3:]])

    assert reader.segments().segments == [
        Segment("AT_RISK", 2, 2, 30.0, 55.0, 0.825, {"high": 2}),
        Segment("CHAMPIONS", 1, 1, 100.0, 10.0, 0.1, {"low": 1}),
        Segment("NEW", 1, 1, 30.0, 5.0, 0.25, {"medium": 1}),
        Segment("PROSPECTS", 1, 0, 0.0, 0.0, None, {}),
    ]


def test_ids_of_any_alphabet_are_kept_apart_and_in_the_order_of_their_bytes(
    writer, reader, batch, many_scores
):
    names = [
        "007",
        "7",
        "Z",
        "a",
        "NULL",
        "é",
        "e\u0301",
        "..",
        "a/b",
        "' OR 1=1 --",
        "\u202etxt",
        "🦊",
        " x ",
    ]
    writer.publish(batch, [many_scores(len(names), clv=1.0).assign(customer_id=names)])

    exported = [score["customer_id"] for rows in reader.iterate() for score in rows]
    assert exported == sorted(names, key=str.encode)
    for name in names:
        assert reader.customer(name).score["customer_id"] == name


def test_readers_see_whole_batches_while_one_is_published(writer, reader, batch, many_scores):
    writer.publish(batch, [many_scores(50, clv=0.0)])
    everybody = [f"c{n:04}" for n in range(50)]
    seen, done = [], threading.Event()

    def read() -> None:
        while not done.is_set():
            answers = reader.customers(everybody)
            listed = reader.at_risk(Filters(), 50)
            for found in (list(answers.scores.values()), listed.scores):
                seen.append((len(found), {score["clv"] for score in found}))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for day in range(1, 13):
        chunks = (many_scores(50, clv=float(day))[start : start + 10] for start in range(0, 50, 10))
        writer.publish(dataclasses.replace(batch, as_of=date(2024, 2, day)), chunks)
    done.set()
    for thread in readers:
        thread.join()

    assert len(seen) > 12
    assert all(count == 50 and len(marks) == 1 for count, marks in seen)


def test_an_export_under_way_stays_with_its_batch_when_that_is_replaced(
    writer, reader, batch, many_scores, monkeypatch
):
    monkeypatch.setattr("serving.store.store.EXPORT_ROWS", 20)
    writer.publish(batch, [many_scores(50, clv=1.0)])
    rows = reader.iterate()
    exported = next(rows)

    writer.publish(dataclasses.replace(batch, model_version="8"), [many_scores(30, clv=2.0)])
    exported += [score for chunk in rows for score in chunk]

    assert [score["customer_id"] for score in exported] == [f"c{n:04}" for n in range(50)]
    assert {(score["clv"], score["model_version"]) for score in exported} == {(1.0, "7")}


def test_of_two_publishers_one_wins_and_the_other_says_who_holds_the_lock(writer, batch, six_scores):
    second = dataclasses.replace(batch, as_of=date(2024, 2, 2))

    def interrupted() -> Iterator[pd.DataFrame]:
        yield six_scores[:3]
        with pytest.raises(
            StoreUnavailableError, match=r"published by the scoring of 2024-01-01 by process \d+"
        ):
            writer.publish(second, [six_scores])
        yield six_scores[3:]

    assert writer.publish(batch, interrupted()).batch.customers == 6
    assert writer.publish(second, [six_scores]).batch.sequence == 2


def test_readers_cannot_write(reader, writer, batch, six_scores):
    writer.publish(batch, [six_scores])

    with pytest.raises(StoreError, match="does not allow that"):
        reader.publish(dataclasses.replace(batch, model_version="8"), [six_scores])


def test_a_look_up_reads_nothing_but_the_rows_of_the_customer(writer, batch, six_scores, store_url):
    if not store_url.startswith("sqlite"):
        pytest.skip("PostgreSQL chooses by its statistics")
    writer.publish(batch, [six_scores])
    engine = sa.create_engine(store_url)
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement('sqlite')}", ("loyal",))
        told = [row[-1] for row in plan]
    engine.dispose()
    assert told == [
        "SCAN b",
        "SEARCH s USING INDEX scores_by_customer (batch=? AND customer_id=?) LEFT-JOIN",
    ]


def test_nothing_is_told_of_who_objects_though_it_is_given(writer, reader, batch, six_scores):
    own = dataclasses.replace(batch, own_segments=(("all", "purchase_count >= 0"),))
    writer.publish(own, [six_scores.assign(attributes='{"country":"MY"}', own_segments='["all"]')])

    loyal, objector = reader.portrait("loyal"), reader.portrait("objector")
    assert (loyal.attributes, loyal.own_segments) == ({"country": "MY"}, ["all"])
    assert (objector.attributes, objector.own_segments) == ({}, [])
    assert reader.attributes() == {"country": {"MY": 5}}
    assert [segment.customers for segment in reader.segments().own] == [5]


def test_a_look_up_sees_what_was_published_since_the_one_before(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])
    first = reader.portrait("loyal")
    later = dataclasses.replace(batch, as_of=date(2024, 1, 2), fingerprint="log of 2024-01-02")
    writer.publish(later, [six_scores.assign(clv_low=[1.0, 0.0, 0.0, 0.0, None, None])])
    second = reader.portrait("loyal")
    assert (first.score["clv_low"], second.score["clv_low"]) == (50.0, 1.0)
    assert [past["clv_low"] for _, past in second.history] == [50.0, 1.0]
    assert [of for of, _ in second.history] == reader.batches()[::-1]

    # Another model answers for the later day, whose batch goes.
    writer.publish(dataclasses.replace(later, model_version="8"), [six_scores])
    third = reader.portrait("loyal")
    assert (third.batch.model_version, third.score["model_version"], third.score["clv_low"]) == (
        "8",
        "8",
        50.0,
    )
    assert [of for of, _ in third.history] == reader.batches()[::-1]
