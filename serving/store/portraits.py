"""One customer with everything that stands beside their score, or many: the questions the service is asked most.

Each is one statement, which sees one snapshot by itself, put to the driver.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson

from serving.store.batches import Answers, Portrait, PublishedBatch
from serving.store.driver import (
    AMONG,
    BATCH,
    BATCH_CELLS,
    BY_CUSTOMER,
    MARK,
    SCORE_CELLS,
    batch_of,
    rows_of,
    score_in_json,
    score_of,
)
from serving.store.errors import NoScoresError
from serving.store.schema import MARKS

KEY = ("sequence", "scored_at")
KEY_PLACES = tuple(BATCH.index(name) for name in KEY)


@cache
def statement(dialect: str, of_batch: str = BATCH_CELLS) -> str:
    """What to ask: a row for every batch kept, oldest first."""
    marks = ", ".join(f"s.{name}" for name in MARKS)
    return (
        f"SELECT {of_batch}, {SCORE_CELLS}, {marks} FROM batches b "
        f"LEFT JOIN scores s ON s.batch = b.sequence AND s.customer_id = {MARK[dialect]} ORDER BY b.sequence"
    )


@cache
def many_statement(dialect: str) -> str:
    """What to ask of many customers, whose ids come as one JSON list: a row each, or one without any of them."""
    return (
        f"SELECT {BATCH_CELLS}, {SCORE_CELLS} FROM batches b "
        f"LEFT JOIN {BY_CUSTOMER[dialect]} ON s.batch = b.sequence AND s.customer_id {AMONG[dialect]} "
        "WHERE b.sequence = (SELECT max(sequence) FROM batches)"
    )


def ask_customers(connection: Any, dialect: str, customer_ids: Sequence[str], in_json: bool) -> Answers:
    """Those of the customers whom the served batch knows. Raises NoScoresError before the first.

    With `in_json` as serving.store.driver.score_in_json tells them.
    """
    rows = _rows(connection, many_statement(dialect), (orjson.dumps(customer_ids).decode(),))
    places = len(BATCH)
    batch = batch_of(*rows[0][:places])
    told = score_in_json if in_json else score_of
    return Answers(batch, {row[places]: told(row[places:], batch) for row in rows if row[places] is not None})


class Portraits:
    """Customers one by one, from one store.

    What is told of a batch is most of what a statement takes, and the same for every customer: it is remembered, and
    after that only which batch it was is asked for. A batch is never changed, and no other has its sequence and its
    moment.
    """

    def __init__(self, dialect: str) -> None:
        self._first = statement(dialect)
        self._later = statement(dialect, ", ".join(f"b.{name}" for name in KEY))
        self._known: dict[tuple[Any, ...], PublishedBatch] = {}

    def ask(self, connection: Any, customer_id: str) -> Portrait:
        """The customer as the driver's `connection` tells. Raises NoScoresError before the first batch."""
        asked = (customer_id,)
        rows, known = _rows(connection, self._later, asked), self._known
        keys = [row[: len(KEY)] for row in rows]
        if all(key in known for key in keys):
            return _portrait(rows, [known[key] for key in keys], len(KEY))
        rows = _rows(connection, self._first, asked)
        batches = [batch_of(*row[: len(BATCH)]) for row in rows]
        keys = [tuple(row[place] for place in KEY_PLACES) for row in rows]
        self._known = dict(zip(keys, batches, strict=True))
        return _portrait(rows, batches, len(BATCH))


def _portrait(rows: Sequence[tuple[Any, ...]], batches: Sequence[PublishedBatch], places: int) -> Portrait:
    """From a row for each of the batches, whose cells of the score follow `places` others."""
    *_, attributes, segments = rows[-1]
    served = batches[-1]
    history = [
        (batch, score_in_json(row[places:-2], batch))
        for row, batch in zip(rows, batches, strict=True)
        if row[places] is not None
    ]
    if not history or history[-1][0] is not served:
        return Portrait(served, None, {}, [], [])
    score = history[-1][1]
    if score["rfm_segment"] is None:
        # Whoever objects to profiling has no past either.
        return Portrait(served, score, {}, [], history[-1:])
    told = dict(sorted(orjson.loads(attributes or "{}").items()))
    return Portrait(served, score, told, sorted(orjson.loads(segments or "[]")), history)


def _rows(connection: Any, command: str, asked: tuple[str, ...]) -> list[tuple[Any, ...]]:
    rows = rows_of(connection, command, asked)
    if not rows:
        raise NoScoresError
    return rows
