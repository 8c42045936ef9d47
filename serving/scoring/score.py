"""Scoring: every customer that the shop knew before a day gets an answer, and all are published at once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa

from features.arrays.query import feature_query
from features.build import build_features
from features.door.open import Shop
from features.errors import ConfigurationError
from features.fingerprint import fingerprint
from features.plan import FeaturePlan
from features.side_by_side import PROCESSORS
from features.spark import on_spark
from models.horizons import Horizons
from models.steadiness import Steadiness
from serving.scoring.aside import Aside
from serving.scoring.attributes import Attributes
from serving.scoring.on_spark import answer_on_spark
from serving.scoring.own_segments import OwnSegment, OwnSegments, fingerprint_with
from serving.scoring.roster import buyers, count_buyers, prospects, with_objections
from serving.scoring.side_by_side import predict_side_by_side
from serving.scoring.spool import Spool
from serving.scoring.steady import settle
from serving.scoring.timelines import timelines
from serving.scoring.unscored import OBJECTS, without_score
from serving.scoring.workers import Predict, Saved, Workers
from serving.store.batches import Batch, Publication
from serving.store.store import ScoreStore

Answered = tuple[pd.DataFrame, pd.DataFrame | None]
"""Answers, and the features that they were computed from; None where they were not."""


class Model(Saved, Protocol):
    """What scoring needs of a model; models.tenure_model.TenureModel is one."""

    @property
    def plan(self) -> FeaturePlan:
        """The features it was trained on."""

    @property
    def horizons(self) -> Horizons:
        """How far ahead it looks."""

    def predict_written(self, features: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """customer_id and every column of models.scores.ANSWERS, one row for each row of `features`.

        Reasons are JSON text.
        """


def score(
    shop: Shop,
    as_of: date,
    model: Model,
    model_version: str,
    store: ScoreStore,
    scored_at: datetime,
    folder: Path,
    progress: Callable[[int, int], None],
    *,
    own_segments: Sequence[OwnSegment] = (),
    steadiness: Steadiness | None = None,
    timeline_events: int = 0,
    staging: str | None = None,
    workers: Workers | None = None,
) -> Publication:
    """Score everybody known before `as_of` and publish them as one batch, with attributes and own segments.

    Where the store already holds the scores of these rows by this model version, nothing is computed and
    nothing changes. Answers wait in an unnamed file in `folder` until all are there. `progress` is told how
    many customers have an answer, and how many will. With `steadiness`, who stands near the edge of a band or
    a tier keeps that of the batch before. On Spark the workers answer and write to
    `staging`, by default `folder`. The newest `timeline_events` purchase days and interactions of each
    customer are published with the batch, for the page. Raises ConfigurationError where nobody had bought
    anything before `as_of`, or a rule of an own segment names a column that there is not; StoreError where
    there is no room for the answers or publishing fails.
    """
    buying, first_day = count_buyers(shop, as_of)
    if buying == 0:
        when = f"The first purchase was on {first_day}" if first_day else "There is no purchase at all"
        raise ConfigurationError(
            f"--as-of {as_of}: nobody had bought anything before that day. {when}. Choose a later date."
        )
    own = OwnSegments(own_segments, model.plan)
    known = fingerprint_with(fingerprint(shop, as_of), own.rules)
    batch = Batch(as_of, scored_at, model_version, model.horizons, known, own.rules)
    held = store.holds(batch)
    if held is not None:
        return held
    with Spool(folder) as spool:
        answered, told = 0, Attributes(shop)
        before = partial(store.drawers_before, as_of)
        if on_spark(shop.purchases):
            place = staging or str(folder.resolve())
            found = _answers_on_spark(shop, as_of, model, own.features, place)
        else:
            found = _answers_here(shop, as_of, model, buying, workers or Workers())
        for answers, features in found:
            if steadiness is not None and features is not None:
                answers = settle(answers, steadiness, before)
            attributes = told.of(pa.array(answers["customer_id"], pa.string()))
            spool.write(answers, attributes, pa.array(own.of(answers, features), pa.string()))
            answered += len(answers)
            progress(min(answered, buying), buying)
        with Aside(timelines(shop, as_of, timeline_events), folder) as lines:
            # While scores are written the engine would take their processor; while indices are made, one is idle.
            return store.publish(batch, lines.after(spool.read()), timelines=lines.tables())


def answer_prospects(shop: Shop, as_of: date) -> Iterator[pd.DataFrame]:
    """Frames of those who had bought nothing before `as_of`, each with the reason why there is no score."""
    for frame in prospects(shop, as_of):
        facts = frame.assign(historic_spend=frame.refunded.fillna(0.0), purchase_count=0)
        objects, refunded = facts.objects.astype(bool), facts.refunded.notna()
        only_refunds = f"Only refunds are known from before {as_of}, no purchase."
        yield without_score(facts[objects], OBJECTS, None, None)
        yield without_score(facts[~objects & refunded], only_refunds, "PROSPECTS", "awareness")
        yield without_score(
            facts[~objects & ~refunded], f"No purchase before {as_of}.", "PROSPECTS", "awareness"
        )


def _answers_on_spark(
    shop: Shop, as_of: date, model: Model, beside: Sequence[str], staging: str
) -> Iterator[Answered]:
    """With features of `beside` only."""
    features = build_features(shop.purchases, shop.interactions, shop.customers, as_of, model.plan)
    yield from answer_on_spark(with_objections(features, shop), model, as_of, beside, staging)
    yield from ((answers, None) for answers in answer_prospects(shop, as_of))


def _answers_here(shop: Shop, as_of: date, model: Model, buying: int, workers: Workers) -> Iterator[Answered]:
    query = feature_query(model.plan)
    with _answering(model, buying, workers) as (pool, predict):
        frames = buyers(query.answer(query.parts(shop), as_of), shop)
        for answers, scored, objecting in predict_side_by_side(pool, predict, as_of, frames):
            if len(scored):
                yield answers, scored
            yield without_score(objecting, OBJECTS, None, None), None
    yield from ((answers, None) for answers in answer_prospects(shop, as_of))


@contextmanager
def _answering(model: Model, buying: int, workers: Workers) -> Iterator[tuple[Executor, Predict]]:
    """Those who answer for `buying` customers, and what to ask them."""
    if buying >= workers.many:
        with workers.of(model) as pool_and_predict:
            yield pool_and_predict
    else:
        with ThreadPoolExecutor(PROCESSORS) as pool:
            yield pool, model.predict_written
