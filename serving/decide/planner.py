"""Plans over the customers of a batch, from its roll; they stay in memory from one question to the next."""

import dataclasses
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from models.empc import Empc, empc
from models.profit import Costs, expected_cost
from serving.decide.cutoffs import Cutoff, simulate_cutoffs
from serving.decide.plan import ROUNDING, Plan, plan_list, plan_of
from serving.store.batches import PublishedBatch, Score
from serving.store.candidates import Candidates, resting_customers
from serving.store.cursor import Cursor, CursorError, CursorGoneError, read, sign
from serving.store.driver import ask_batch, ask_newest_contact, ask_scores, ask_secret
from serving.store.filters import Filters
from serving.store.store import ScoreStore

MOST_PLANS = 8
"""So many are kept, each with the ids of its list; those asked for longest ago go first."""

MOST_RESTING_AT_HAND = 1_000
"""So many customers who rest are read within a millisecond or two."""


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


@dataclass(frozen=True)
class PlanQuestion:
    """What is asked for a page of a plan. Customers contacted at or after `resting_since` are not on it.

    With `in_json` scores are as JSON takes them.
    """

    filters: Filters
    costs: Costs
    budget: float | None
    resting_since: datetime | None
    limit: int
    cursor: str | None
    in_json: bool

    def listing(self) -> str:
        """What the list is, for the signature of its cursors."""
        filters = json.dumps(dataclasses.asdict(self.filters), sort_keys=True, default=str)
        return json.dumps(["plan", dataclasses.asdict(self.costs), self.budget, filters], sort_keys=True)


class Planner:
    """Answers from the store of scores. Customers contacted at or after `resting_since` are on no plan.

    Raises what lists of the store raise: NoScoresError, CursorError, CursorGoneError, UnknownNameError.
    """

    def __init__(self, store: ScoreStore) -> None:
        self._store = store
        self._plans: OrderedDict[Hashable, tuple[Plan, pa.Array]] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, question: PlanQuestion) -> PlannedPage:
        """A page of the plan. A cursor stays on its plan: on its batch, and on the contacts known at its start."""
        with self._store.reading() as connection:
            page = self._page(connection.connection.driver_connection, question, connection)
        assert page is not None
        return page

    def page_at_hand(self, question: PlanQuestion) -> PlannedPage | None:
        """The same within a few milliseconds; None where the plan would have to be worked out for it."""
        with self._store.asking() as driver:
            return self._page(driver, question, None)

    def _page(self, driver: Any, asked: PlanQuestion, connection: sa.Connection | None) -> PlannedPage | None:
        """The page; with a `connection` also of a plan that is not known yet."""
        listing, dialect = asked.listing(), self._store.dialect
        secret = ask_secret(driver)
        sequence, start = None, 0
        seen, resting_since = ask_newest_contact(driver), asked.resting_since
        if asked.cursor is not None:
            place = read(asked.cursor, listing, secret)
            sequence, start = place.sequence, int(place.value)
            seen, resting_since = _read_rest(place.customer_id)
        batch = ask_batch(driver, dialect, sequence)
        if batch is None:
            raise CursorGoneError(f"cursor: batch {sequence} is no longer kept.")
        most = MOST_RESTING_AT_HAND if connection is None else None
        resting = _resting(driver, dialect, asked.filters, resting_since, seen, most)
        if len(resting) == most:
            return None
        planned = self._plan(connection, batch, asked, resting)
        if planned is None:
            return None
        plan, listed = planned
        ids = [listed[n].as_py() for n in range(start, min(start + asked.limit, plan.size))]
        scores = ask_scores(driver, dialect, batch, ids, asked.in_json)
        following = None
        if start + asked.limit < plan.size:
            place = Cursor(batch.sequence, float(start + asked.limit), _tell_rest(seen, resting_since))
            following = sign(place, listing, secret)
        return PlannedPage(batch, plan, [scores[customer_id] for customer_id in ids], following)

    def cutoffs(
        self, filters: Filters, costs: Costs, resting_since: datetime | None, points: int
    ) -> Simulated:
        """What lists of every size would bring, of the customers that the filters leave."""
        with self._store.reading() as connection:
            candidates = self._candidates(connection, filters, resting_since)
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
            return self._candidates(connection, filters, resting_since)

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
        self, connection: sa.Connection, filters: Filters, resting_since: datetime | None
    ) -> Candidates:
        driver, dialect = connection.connection.driver_connection, self._store.dialect
        batch = ask_batch(driver, dialect, None)
        assert batch is not None
        seen = ask_newest_contact(driver)
        resting = _resting(driver, dialect, filters, resting_since, seen, None)
        return self._without(connection, batch, filters, resting)

    def _without(
        self, connection: sa.Connection, batch: PublishedBatch, filters: Filters, resting: list[str]
    ) -> Candidates:
        candidates = self._store.candidates(connection, batch, filters)
        if not resting:
            return candidates
        known = pa.array(resting, pa.string())
        return candidates.only(~pc.is_in(candidates.ids, known).to_numpy(zero_copy_only=False))

    def _plan(
        self, connection: sa.Connection | None, batch: PublishedBatch, asked: PlanQuestion, resting: list[str]
    ) -> tuple[Plan, pa.Array] | None:
        """The plan and its customers, best first; worked out once for as long as the same customers rest.

        None where it is not known, and there is no connection to work it out by.
        """
        key = (batch, asked.filters, asked.costs, asked.budget, tuple(resting))
        with self._lock:
            if key in self._plans:
                self._plans.move_to_end(key)
                return self._plans[key]
        if connection is None:
            return None
        candidates = self._without(connection, batch, asked.filters, resting)
        plan = plan_list(candidates.churn_probability, candidates.value_at_risk, asked.costs, asked.budget)
        planned = plan, candidates.ids.take(plan.places)
        with self._lock:
            self._plans[key] = planned
            while len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
        return planned


def _resting(
    driver: Any, dialect: str, filters: Filters, resting_since: datetime | None, seen: int, most: int | None
) -> list[str]:
    """Who is left alone: those contacted since the moment given, or since the day that the filters name."""
    moments = (resting_since, filters.contacted_before)
    since = min((moment for moment in moments if moment is not None), default=None)
    return [] if since is None else resting_customers(driver, dialect, since, seen, most)


def _tell_rest(seen: int, resting_since: datetime | None) -> str:
    return f"{seen} {'' if resting_since is None else resting_since.isoformat()}"


def _read_rest(text: str) -> tuple[int, datetime | None]:
    try:
        seen, _, since = text.partition(" ")
        return int(seen), datetime.fromisoformat(since) if since else None
    except ValueError:
        raise CursorError("cursor: this is not a cursor of a planned list.") from None
