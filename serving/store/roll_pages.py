"""Pages of a list from the roll of its batch: who is on them is found in memory, and only they are read."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from serving.store.batches import Page, PublishedBatch
from serving.store.cursor import Cursor, read, sign
from serving.store.driver import ask_batch, ask_newest_contact, ask_scores, ask_secret
from serving.store.filters import Filters
from serving.store.lists import Sort, gone, listing_of
from serving.store.rolls import KeptRoll
from serving.store.walk import Test, bounds_of_the_sort, microseconds, not_since, tests_of, walk


class RollPages:
    """Answers what serving.store.lists.page answers, on one snapshot of the driver's own `connection`.

    `find_roll` gives the roll of a batch, None where that is not in memory. Where it `may_read`, what lists ask
    beside the scores is read when it is first asked for.
    """

    def __init__(
        self,
        connection: Any,
        dialect: str,
        find_roll: Callable[[PublishedBatch], KeptRoll | None],
        may_read: bool,
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._find_roll = find_roll
        self._may_read = may_read

    def page(
        self,
        filters: Filters,
        sort: Sort,
        limit: int,
        cursor: str | None,
        resting_since: datetime | None,
        in_json: bool,
    ) -> Page | None:
        """The page; None where something of it is not in memory and may not be read."""
        listing = listing_of(sort, filters)
        secret = ask_secret(self._connection)
        last = None if cursor is None else read(cursor, listing, secret)
        batch = ask_batch(self._connection, self._dialect, None if last is None else last.sequence)
        if batch is None:
            assert last is not None
            raise gone(last)
        kept = self._find_roll(batch)
        if kept is None:
            return None
        roll = kept.roll
        roll.known.check(filters)
        tests = self._tests(kept, filters, resting_since)
        if tests is None:
            return None
        start, stop = bounds_of_the_sort(filters, roll, sort)
        if last is not None:
            start = max(start, roll.rank_after(sort, last.value, last.customer_id))
        places = walk(roll.order[sort], start, stop, tests, limit + 1)
        ids: list[str] = [roll.ids[place].as_py() for place in places[:limit].tolist()]
        scores = ask_scores(self._connection, self._dialect, batch, ids, in_json)
        following = None
        if len(places) > limit:
            end = Cursor(batch.sequence, roll.key(sort, int(places[limit - 1])), ids[-1])
            following = sign(end, listing, secret)
        return Page(batch, [scores[customer_id] for customer_id in ids], following)

    def _tests(self, kept: KeptRoll, filters: Filters, resting_since: datetime | None) -> list[Test] | None:
        marks = kept.marks(filters)
        if marks is None and self._may_read:
            marks = kept.read_marks(self._connection, self._dialect, filters)
        if marks is None:
            return None
        tests = tests_of(filters, kept.roll, marks)
        since = [moment for moment in (resting_since, filters.contacted_before) if moment is not None]
        if since:
            newest = ask_newest_contact(self._connection)
            contacted = kept.contacted(newest)
            if contacted is None and self._may_read:
                contacted = kept.read_contacted(self._connection, self._dialect, newest)
            if contacted is None:
                return None
            if newest:
                tests.insert(0, not_since(contacted, microseconds(min(since))))
        return tests
