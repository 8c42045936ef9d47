"""Plans over the customers of a batch, whose numbers stay in memory from one question to the next."""

import dataclasses
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from models.empc import Empc, empc
from models.profit import Costs, expected_cost
from serving.decide.cutoffs import Cutoff, simulate_cutoffs
from serving.decide.plan import ROUNDING, Plan, plan_list, plan_of
from serving.store.batches import PublishedBatch, Score
from serving.store.candidates import Candidates, last_contact, read_candidates, resting_customers
from serving.store.cursor import Cursor, CursorError, CursorGoneError, read, sign
from serving.store.errors import NoScoresError
from serving.store.filters import Filters
from serving.store.lists import cursor_secret
from serving.store.rows import LATEST, SCORES_BY_ID, published_batch, score_of
from serving.store.schema import batches
from serving.store.store import ScoreStore

MOST_ROWS = 4_000_000
"""So many customers are kept in memory at most, some 100 MB; those asked about longest ago go first."""

MOST_PLANS = 8
"""So many are kept, each with the ids of its list; those asked for longest ago go first."""


@dataclass(frozen=True)
class PlannedPage:
    """A page of a planned list in order of profit per cost, and the whole of the plan."""

    batch: PublishedBatch
    plan: Plan
    scores: list[Score]
    next_cursor: str | None


@dataclass(frozen=True)
class Simulated:
    """What lists of every size would bring, and EMPC as the batch's own probabilities expect it."""

    batch: PublishedBatch
    customers: int
    cutoffs: list[Cutoff]
    expected_empc: Empc


@dataclass(frozen=True)
class Drawn:
    """Who is in a campaign, best first, who of them is held back, and what contacting the others brings."""

    batch: PublishedBatch
    customer_ids: list[str]
    control: frozenset[str]
    plan: Plan


class Planner:
    """Answers from the store of scores. Customers contacted at or after `resting_since` are on no plan.

    Raises what lists of the store raise: NoScoresError, CursorError, CursorGoneError, UnknownNameError.
    """

    def __init__(self, store: ScoreStore) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[int, str], Candidates] = OrderedDict()
        self._plans: OrderedDict[Hashable, tuple[Plan, pa.Array]] = OrderedDict()
        self._lock = threading.Lock()

    def page(
        self,
        filters: Filters,
        costs: Costs,
        budget: float | None,
        resting_since: datetime | None,
        limit: int,
        cursor: str | None,
    ) -> PlannedPage:
        """A page of the plan. A cursor stays on its plan: on its batch, and on the contacts known at its start."""
        listing = json.dumps(["plan", dataclasses.asdict(costs), budget, _name(filters)], sort_keys=True)
        with self._store.reading() as connection:
            secret = cursor_secret(connection)
            sequence, start, seen = None, 0, last_contact(connection)
            if cursor is not None:
                place = read(cursor, listing, secret)
                sequence, start = place.sequence, int(place.value)
                seen, resting_since = _read_rest(place.customer_id)
            batch = _batch(connection, sequence)
            resting = _resting(connection, filters, resting_since, seen)
            plan, listed = self._plan(connection, batch, filters, costs, budget, resting)
            ids = listed[start : start + limit].to_pylist()
            rows = connection.execute(SCORES_BY_ID, {"sequence": batch.sequence, "customer_ids": ids})
            scores = {row.customer_id: score_of(row, batch) for row in rows}
        following = None
        if start + limit < plan.size:
            place = Cursor(batch.sequence, float(start + limit), _tell_rest(seen, resting_since))
            following = sign(place, listing, secret)
        return PlannedPage(batch, plan, [scores[customer_id] for customer_id in ids], following)

    def cutoffs(
        self, filters: Filters, costs: Costs, resting_since: datetime | None, points: int
    ) -> Simulated:
        """What lists of every size would bring, of the customers that the filters leave."""
        with self._store.reading() as connection:
            seen = last_contact(connection)
            candidates = self._candidates(connection, filters, None, resting_since, seen)
        p = candidates.churn_probability
        return Simulated(
            candidates.batch,
            len(candidates),
            simulate_cutoffs(p, candidates.value_at_risk, costs, points),
            empc(p, p),
        )

    def candidates(self, filters: Filters, resting_since: datetime | None) -> Candidates:
        """The customers to choose from: those that the filters leave."""
        with self._store.reading() as connection:
            seen = last_contact(connection)
            return self._candidates(connection, filters, None, resting_since, seen)

    def draw(
        self,
        filters: Filters,
        costs: Costs,
        budget: float | None,
        resting_since: datetime | None,
        most: int,
        control_share: float,
        hold_back: Callable[[list[str]], frozenset[str]],
    ) -> Drawn:
        """A plan with a control group, `most` customers at most, both arms together.

        The budget is for those contacted: the list is longer by about `control_share`, and ends where the next
        contact would exceed it.
        """
        candidates = self.candidates(filters, resting_since)
        p, at_risk = candidates.churn_probability, candidates.value_at_risk
        enough = None if budget is None else budget / (1 - control_share)
        places = plan_list(p, at_risk, costs, enough).places[:most]
        ids: list[str] = candidates.ids.take(places).to_pylist()
        control = hold_back(ids)
        contacted = np.array([customer_id not in control for customer_id in ids], dtype=bool)
        if budget is not None:
            spent = np.cumsum(np.where(contacted, expected_cost(p[places], costs), 0.0))
            size = int(np.searchsorted(spent, budget * (1 + ROUNDING), side="right"))
            places, ids, contacted = places[:size], ids[:size], contacted[:size]
        plan = plan_of(places[contacted], p, at_risk, costs)
        return Drawn(candidates.batch, ids, control & frozenset(ids), plan)

    def _candidates(
        self,
        connection: sa.Connection,
        filters: Filters,
        sequence: int | None,
        resting_since: datetime | None,
        seen: int,
    ) -> Candidates:
        resting = _resting(connection, filters, resting_since, seen)
        return self._without(connection, _batch(connection, sequence), filters, resting)

    def _without(
        self, connection: sa.Connection, batch: PublishedBatch, filters: Filters, resting: pa.Array
    ) -> Candidates:
        # What others do meanwhile changes the answer to this filter, so it is asked anew.
        lasting = dataclasses.replace(filters, not_contacted_since=None)
        candidates = self._read(connection, batch, lasting)
        if not len(resting):
            return candidates
        return candidates.only(~pc.is_in(candidates.ids, resting).to_numpy(zero_copy_only=False))

    def _plan(
        self,
        connection: sa.Connection,
        batch: PublishedBatch,
        filters: Filters,
        costs: Costs,
        budget: float | None,
        resting: pa.Array,
    ) -> tuple[Plan, pa.Array]:
        """The plan and its customers, best first; worked out once for as long as the same customers rest."""
        key = (batch.sequence, _name(filters), costs, budget, tuple(resting.to_pylist()))
        with self._lock:
            if key in self._plans:
                self._plans.move_to_end(key)
                return self._plans[key]
        candidates = self._without(connection, batch, filters, resting)
        plan = plan_list(candidates.churn_probability, candidates.value_at_risk, costs, budget)
        planned = plan, candidates.ids.take(plan.places)
        with self._lock:
            self._plans[key] = planned
            while len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
        return planned

    def _read(self, connection: sa.Connection, batch: PublishedBatch, filters: Filters) -> Candidates:
        key = (batch.sequence, _name(filters))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        candidates = read_candidates(connection, batch, filters)
        with self._lock:
            self._kept[key] = candidates
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > MOST_ROWS:
                self._kept.popitem(last=False)
        return candidates


def _batch(connection: sa.Connection, sequence: int | None) -> PublishedBatch:
    wanted = LATEST if sequence is None else sa.literal(sequence)
    row = connection.execute(sa.select(batches).where(batches.c.sequence == wanted)).one_or_none()
    if row is not None:
        return published_batch(row)
    if sequence is None:
        raise NoScoresError
    raise CursorGoneError(f"cursor: batch {sequence} is no longer kept.")


def _resting(
    connection: sa.Connection, filters: Filters, resting_since: datetime | None, seen: int
) -> pa.Array:
    """Who is left alone: those contacted since the moment given, or since the day that the filters name."""
    moments = (resting_since, filters.contacted_before)
    since = min((moment for moment in moments if moment is not None), default=None)
    return pa.array([], pa.string()) if since is None else resting_customers(connection, since, seen)


def _name(filters: Filters) -> str:
    return json.dumps(dataclasses.asdict(filters), sort_keys=True, default=str)


def _tell_rest(seen: int, resting_since: datetime | None) -> str:
    return f"{seen} {'' if resting_since is None else resting_since.isoformat()}"


def _read_rest(text: str) -> tuple[int, datetime | None]:
    try:
        seen, _, since = text.partition(" ")
        return int(seen), datetime.fromisoformat(since) if since else None
    except ValueError:
        raise CursorError("cursor: this is not a cursor of a planned list.") from None
