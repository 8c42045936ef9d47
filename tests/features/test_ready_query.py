"""A query that is planned once and asked about other tables."""

import pyarrow as pa
import pytest

from features.ready_query import ReadyQuery

COLUMNS = pa.schema({"name": pa.string(), "size": pa.int64()})
SQL = "SELECT p.name, p.size, c.size AS before FROM people p LEFT JOIN children c ON c.name = p.name"


@pytest.fixture
def query():
    return ReadyQuery(SQL, {"people": COLUMNS, "children": COLUMNS})


def people(**sizes):
    return pa.table({"name": list(sizes), "size": pa.array(sizes.values(), pa.int64())})


def rows(found):
    return sorted(tuple(row.values()) for row in found.to_pylist())


def test_each_answer_is_about_the_tables_that_came_with_it(query):
    assert rows(query.answer({"people": people(ann=170), "children": people(ann=90)})) == [("ann", 170, 90)]
    grown = {f"person {n:04}": n for n in range(3_000)}
    assert rows(query.answer({"people": people(**grown), "children": people(**grown)})) == [
        (name, size, size) for name, size in grown.items()
    ]
    assert rows(query.answer({"people": people(bob=180), "children": people(ann=90)})) == [("bob", 180, None)]


def test_what_is_not_given_is_empty(query):
    nameless = pa.table({"size": pa.array([170], pa.int64()), "colour": ["red"]})
    assert rows(query.answer({"people": nameless})) == [(None, 170, None)]
    assert rows(query.answer({})) == []


def test_the_next_answer_knows_nothing_of_the_last(query):
    query.answer({"people": people(ann=170), "children": people(ann=90)})
    assert rows(query.answer({"people": people(ann=171)})) == [("ann", 171, None)]


def test_queries_do_not_share_their_tables(query):
    other = ReadyQuery("SELECT size FROM people", {"people": COLUMNS})
    query.answer({"people": people(ann=170)})
    assert rows(other.answer({"people": people(bob=180)})) == [(180,)]
    assert rows(query.answer({"people": people(ann=170)})) == [("ann", 170, None)]
