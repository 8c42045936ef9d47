"""Scores for history that comes with a request: the same door, features and model as for everybody's."""

from dataclasses import dataclass
from datetime import date, timedelta

import orjson
import pyarrow.compute as pc

from features.arrays.query import feature_query
from features.door.open import AdmittedRecords, admit_records
from features.errors import DataError
from serving.api.history import History
from serving.api.problems import FieldError, Problem
from serving.champion import Champion
from serving.scoring.score import answer_prospects
from serving.scoring.score_records import score_table
from serving.store.batches import Score


@dataclass(frozen=True)
class ScoredHistory:
    """Everybody's answers as of a day, by customer; of those who only interacted there is none."""

    as_of: date
    answers: dict[str, Score]


def score_history(history: History, champion: Champion, known_until: date) -> ScoredHistory:
    """Score the customers of `history`; nothing of it is kept.

    Where it names no `as_of`, that is `known_until` or the day after its newest event, whichever is later.
    Raises Problem 422 where a row cannot be used, or the shop sells by contract.
    """
    if champion.model.plan.has_contracts:
        reason = "cannot be scored: this shop sells by contract, and a request carries none"
        raise Problem("unusable-input", f"The history {reason}.", [FieldError("body.purchases", reason)])
    admitted = _admit(history, champion.model.plan.timezone)
    as_of = history.as_of or max(known_until, _newest_day(admitted) + timedelta(days=1))
    purchases, interactions = admitted.purchases, admitted.interactions
    tables = {"purchases": purchases, "interactions": interactions}
    features = feature_query(champion.model.plan).of_tables(tables, as_of).to_pandas()
    frames = [champion.model.predict(features, as_of)] if len(features) else []
    if len(features) < pc.count_distinct(purchases["customer_id"]).as_py():
        frames += answer_prospects(admitted.as_shop(), as_of)
    answers: dict[str, Score] = {}
    for frame in frames:
        for record in score_table(frame).to_pylist():
            reasons = record["reasons"]
            record["reasons"] = None if reasons is None else orjson.loads(reasons)
            answers[record["customer_id"]] = record
    return ScoredHistory(as_of, answers)


def _admit(history: History, timezone: str) -> AdmittedRecords:
    purchases = [row.model_dump(exclude_none=True) for row in history.purchases]
    interactions = [row.model_dump(exclude_none=True) for row in history.interactions]
    try:
        return admit_records(purchases, interactions, timezone)
    except DataError as error:
        errors = [
            FieldError(f"body.{reason.table}.{reason.column}", f"{reason.reason} in {reason.rows:,} rows")
            for reason in error.reasons
        ]
        detail = "; ".join(f"{error.field} {error.reason}" for error in errors) or str(error)
        raise Problem("unusable-input", detail, errors) from None


def _newest_day(admitted: AdmittedRecords) -> date:
    tables = [table for table in (admitted.purchases, admitted.interactions) if table is not None]
    days: list[date | None] = [pc.max(table["day"]).as_py() for table in tables]
    return max(day for day in days if day is not None)
