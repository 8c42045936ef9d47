"""The feed of changes: who came, went and moved, each once, through large diffs and lost batches."""

import dataclasses
from datetime import date

import pytest

from serving.store.cursor import CursorError
from serving.store.errors import UnknownNameError
from serving.store.feed import FeedGoneError, Wanted
from serving.store.store import Filters

SECOND = date(2024, 1, 2)
BIG = "clv >= 20"


@pytest.fixture
def on_day(batch):
    """The batch of a day in January."""
    return lambda day, **others: dataclasses.replace(batch, as_of=date(2024, 1, day), **others)


def told(feed):
    return [(change.customer_id, change.kind) for change in feed.changes]


def walk(reader, cursor, limit):
    changes = []
    while True:
        feed = reader.changes(cursor, limit, Wanted())
        changes += feed.changes
        cursor = feed.next_cursor
        if not feed.has_more:
            return changes, cursor


def test_the_first_call_tells_nothing_but_where_to_begin(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])

    first = reader.changes(None, 100, Wanted())

    assert (first.changes, first.batches, first.has_more) == ([], [], False)
    assert told(reader.changes(first.next_cursor, 100, Wanted())) == []


def test_who_came_went_and_moved_is_told_once_with_before_and_after(writer, reader, on_day, six_scores):
    writer.publish(on_day(1), [six_scores])
    cursor = reader.changes(None, 100, Wanted()).next_cursor
    second = six_scores.copy()
    second.loc[0, "risk_band"] = "medium"  # loyal changes band
    second.loc[1, "churn_probability"] = 0.7  # lapsed moves by 0.2
    second.loc[2, "clv"] = 10.5  # one-time moves by less than a quarter
    second.loc[3, "customer_id"] = "newer"  # new goes, newer comes
    second.loc[4, ["rfm_segment", "journey_stage"]] = None  # refunded objects from now on
    writer.publish(on_day(2), [second])

    feed = reader.changes(cursor, 100, Wanted())

    assert told(feed) == [
        ("lapsed", "changed"),
        ("loyal", "changed"),
        ("new", "removed"),
        ("newer", "added"),
        ("refunded", "removed"),
    ]
    loyal, new = feed.changes[1], feed.changes[2]
    assert (loyal.before["risk_band"], loyal.after["risk_band"], loyal.reason) == (
        "low",
        "medium",
        "new_data",
    )
    assert loyal.after == {
        "risk_band": "medium", "rfm_segment": "CHAMPIONS", "value_tier": "top", "journey_stage": "advocacy",
        "churn_probability": 0.1, "clv": 100.0, "value_at_risk": 10.0,
    }  # fmt: skip
    assert (new.before["clv"], new.after, new.as_of) == (30.0, None, SECOND)
    assert reader.changes(feed.next_cursor, 100, Wanted()).changes == []


def test_how_large_a_move_must_be_is_the_callers_choice(writer, reader, on_day, six_scores):
    writer.publish(on_day(1), [six_scores])
    cursor = reader.changes(None, 100, Wanted()).next_cursor
    second = six_scores.copy()
    second.loc[0, "churn_probability"] = 0.16
    second.loc[1, "clv"] = 22.5
    writer.publish(on_day(2), [second])

    assert told(reader.changes(cursor, 100, Wanted())) == []
    assert told(reader.changes(cursor, 100, Wanted(0.05, 1.0))) == [("loyal", "changed")]
    assert told(reader.changes(cursor, 100, Wanted(1.0, 0.1))) == [("lapsed", "changed")]
    assert told(reader.changes(cursor, 100, Wanted(0.0, 0.0))) == [
        ("lapsed", "changed"),
        ("loyal", "changed"),
    ]


def test_a_new_model_is_named_and_does_not_flood(writer, reader, on_day, six_scores):
    writer.publish(on_day(1), [six_scores])
    cursor = reader.changes(None, 100, Wanted()).next_cursor
    moved = six_scores.assign(risk_band=["high", "low", "low", "high", None, None])
    moved.loc[3, "customer_id"] = "newer"
    writer.publish(on_day(2, model_version="8"), [moved])

    feed = reader.changes(cursor, 100, Wanted())
    everybody = reader.changes(cursor, 100, Wanted(model_changes=True))

    assert told(feed) == [("new", "removed"), ("newer", "added")]
    (of_batch,) = feed.batches
    assert (of_batch.reason, of_batch.model_version, of_batch.left_out) == ("new_model", "8", 3)
    assert [name for name, _ in told(everybody)] == ["lapsed", "loyal", "new", "newer", "one-time"]
    assert {change.reason for change in everybody.changes} == {"new_model"}


def test_a_large_diff_over_several_batches_is_walked_in_order_without_gap_or_overlap(
    writer, reader, on_day, many_scores
):
    writer.publish(on_day(1), [many_scores(40, 1.0)])
    cursor = reader.changes(None, 1, Wanted()).next_cursor
    for day, clv in ((2, 2.0), (3, 4.0)):
        writer.publish(on_day(day), [many_scores(40, clv)])

    changes, end = walk(reader, cursor, limit=7)

    everybody = [f"c{n:04}" for n in range(40)]
    assert [change.customer_id for change in changes] == everybody * 2
    assert [change.after["clv"] for change in changes] == [2.0] * 40 + [4.0] * 40
    assert walk(reader, end, limit=7)[0] == []


def test_a_batch_that_was_replaced_leaves_the_cursor_good(writer, reader, on_day, six_scores):
    writer.publish(on_day(1), [six_scores])
    cursor = reader.changes(None, 100, Wanted()).next_cursor
    corrected = six_scores.copy()
    corrected.loc[0, "risk_band"] = "high"

    writer.publish(on_day(1, fingerprint="corrected"), [corrected])

    assert told(reader.changes(cursor, 100, Wanted())) == [("loyal", "changed")]


def test_a_cursor_older_than_what_is_kept_is_gone_and_says_what_to_do(writer, reader, on_day, six_scores):
    writer.publish(on_day(1), [six_scores])
    cursor = reader.changes(None, 100, Wanted()).next_cursor
    for day in (2, 3, 4):  # three batches are kept, and what they changed
        writer.publish(on_day(day), [six_scores])
    assert reader.changes(cursor, 100, Wanted()).changes == []

    writer.publish(on_day(5), [six_scores])

    with pytest.raises(FeedGoneError, match=r"Begin again with since=start"):
        reader.changes(cursor, 100, Wanted())


def test_since_the_start_everybody_is_told_once_and_then_what_changed_meanwhile(
    writer, reader, on_day, many_scores, six_scores
):
    writer.publish(on_day(1), [many_scores(25, 1.0), six_scores])
    feed = reader.changes("start", 10, Wanted())
    writer.publish(on_day(2), [many_scores(25, 3.0), six_scores])

    changes, _ = walk(reader, feed.next_cursor, limit=10)

    everybody = [f"c{n:04}" for n in range(25)]
    told_first = [c.customer_id for c in (*feed.changes, *changes) if c.reason == "start"]
    assert told_first == sorted([*everybody, "loyal", "lapsed", "one-time", "new", "refunded"])
    assert [(c.customer_id, c.after["clv"]) for c in changes if c.reason == "new_data"] == [
        (name, 3.0) for name in everybody
    ]


def test_a_cursor_of_a_list_is_no_cursor_of_changes(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores])
    with pytest.raises(CursorError):
        reader.changes(reader.at_risk(Filters(), 1).next_cursor, 1, Wanted())


def test_own_segments_are_kept_counted_and_told(writer, reader, on_day, six_scores):
    def scores(members):
        return six_scores.assign(own_segments=members)

    rules = (("big", BIG), ("odd", "purchase_count == 1"))
    writer.publish(
        on_day(1, own_segments=rules),
        [scores(['["big"]', '["big"]', '["odd"]', '["big", "odd"]', None, None])],
    )
    cursor = reader.changes(None, 100, Wanted()).next_cursor
    big, _ = reader.segments().own
    assert (big.name, big.rule, big.customers, big.clv, big.bands) == (
        "big", BIG, 3, 150.0, {"low": 1, "medium": 1, "high": 1},
    )  # fmt: skip
    listed = reader.at_risk(Filters(own_segment="odd"), 10).scores
    assert [score["customer_id"] for score in listed] == ["one-time", "new"]
    assert reader.portrait("new").own_segments == ["big", "odd"]
    with pytest.raises(UnknownNameError, match=r"own_segment is no segment of these scores.*big, odd"):
        reader.at_risk(Filters(own_segment="small"), 10)

    # The rule of odd changes: who is in it now says nothing about the customers.
    rules = (("big", BIG), ("odd", "purchase_count == 5"))
    writer.publish(
        on_day(2, own_segments=rules),
        [scores(['["big"]', '["odd"]', '["big"]', '["big"]', None, None])],
    )

    changes = reader.changes(cursor, 100, Wanted()).changes
    assert [(c.customer_id, c.entered, c.exited) for c in changes] == [
        ("lapsed", [], ["big"]),
        ("one-time", ["big"], []),
    ]
    assert changes[0].after["clv"] == 20.0
