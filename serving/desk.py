"""What the routes ask: the score store, and the champion on disk."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
from fastapi import Request

from features.errors import ConfigurationError
from serving.api.problems import FieldError, Problem
from serving.champion import Champion, ChampionFolder
from serving.decide.planner import Planner
from serving.exports import Exports
from serving.scoring.own_segments import check_with_model
from serving.settings import ServiceSettings
from serving.store.book import CampaignExistsError, ContactBook
from serving.store.cursor import CursorError, CursorGoneError
from serving.store.errors import NoScoresError, StoreError, StoreReadOnlyError, UnknownNameError
from serving.store.feed import FeedGoneError
from serving.store.requests import ReusedKeyError
from serving.store.store import ScoreStore

COMPUTING = 2
MOST_WAITING = 16
ASKED_AT_ONCE = 4
"""Questions to a file: more threads at once would only wait for one another."""

FEW = 100
"""So many rows of a list are read from a file sooner than the reading is handed to a thread and back."""

logger = logging.getLogger("tenure.service")

P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """One for each running service. Opening it connects nowhere and loads nothing.

    Raises ConfigurationError where the settings cannot be used.
    """

    def __init__(self, settings: ServiceSettings, clock: Callable[[], datetime]) -> None:
        check_with_model(settings.segments, settings.model_folder)
        self.settings = settings
        self.store = ScoreStore(settings.store, settings.store_folder, read_only=True)
        self.book = ContactBook(settings.store, settings.store_folder, settings.serving.read_only)
        self.planner = Planner(self.store)
        self.champion = ChampionFolder(settings.model_folder)
        keep = settings.serving.keep_exports
        self.exports = Exports(settings.exports_folder, keep, self.store, clock)
        # A look-up in a file takes microseconds, less than handing it to a thread; a server may be slow.
        self._look_up_here = settings.store.url.startswith("sqlite")
        self._at_once = anyio.CapacityLimiter(ASKED_AT_ONCE) if self._look_up_here else None
        # Threads of their own: each keeps its DuckDB open from one request to the next.
        self._computing = ThreadPoolExecutor(COMPUTING, "scoring")
        self._places = threading.Semaphore(MOST_WAITING)

    async def look_up(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the store for a few rows by their key. Raises Problem."""
        if self._look_up_here:
            return _asked(question, *args, **kwargs)
        return await self.ask(question, *args, **kwargs)

    async def page(
        self,
        rows: int,
        at_hand: Callable[P, T | None],
        whole: Callable[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """A page of so many rows: `at_hand` asks for it at once, `whole` where that has none. Raises Problem."""
        if self._look_up_here and rows <= FEW:
            page = _asked(at_hand, *args, **kwargs)
            if page is not None:
                return page
        return await self.ask(whole, *args, **kwargs)

    async def ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the store anything longer. Raises Problem."""
        return await in_thread(lambda: _asked(question, *args, **kwargs), self._at_once)

    async def current_champion(self) -> Champion:
        """The last champion that could be loaded. Raises Problem before the first."""
        champion, trouble = await self._look()
        if champion is None:
            raise Problem("no-model", trouble or "There is no model yet.")
        return champion

    async def champion_or_none(self) -> Champion | None:
        """The same, where an answer can do without it."""
        champion, _ = await self._look()
        return champion

    async def _look(self) -> tuple[Champion | None, str | None]:
        known = self.champion.lately()
        return await in_thread(self.champion.look) if known is None else known

    async def compute(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do heavy `work` beside the event loop. Raises Problem where too much of it waits already."""
        if not self._places.acquire(blocking=False):
            raise Problem("busy", "Too many histories are being scored at once.")
        done = self._computing.submit(work, *args, **kwargs)
        done.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(done)

    def resting_since(self, now: datetime) -> datetime | None:
        """Whoever was contacted at or after this moment is left alone for now; None where nobody is."""
        days = self.settings.campaigns.rest_days
        return now - timedelta(days=days) if days else None

    def close(self) -> None:
        """Let go of the store, and of what has not begun to be computed."""
        self._computing.shutdown(wait=False, cancel_futures=True)
        self.exports.close()
        self.store.close()
        self.book.close()


class ClosedDesk:
    """A desk that could not be opened: every question is answered with the reason, until a restart."""

    def __init__(self, reason: ConfigurationError) -> None:
        self.reason = str(reason)

    def close(self) -> None:
        """Nothing was opened."""


def desk_of(request: Request) -> Desk:
    """The desk of the service that received `request`. Raises Problem where it could not be opened."""
    desk = request.app.state.desk
    if isinstance(desk, ClosedDesk):
        raise Problem("not-ready", "The configuration cannot be used.", reasons=[desk.reason])
    assert isinstance(desk, Desk)
    return desk


async def in_thread(work: Callable[[], T], at_once: anyio.CapacityLimiter | None = None) -> T:
    """Run `work` beside the event loop; a request that runs out of time does not wait for its end."""
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=at_once)


def _asked(question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return question(*args, **kwargs)
    except NoScoresError as none:
        raise Problem("no-scores", str(none)) from None
    except UnknownNameError as unknown:
        error = FieldError(f"query.{unknown.field}", unknown.reason)
        raise Problem("unusable-input", f"{error.field} {error.reason}.", [error]) from None
    except FeedGoneError as gone:
        error = FieldError("query.since", "is older than the changes that are kept")
        raise Problem("outdated-changes", str(gone), [error]) from None
    except CursorGoneError:
        error = FieldError("query.cursor", "is of a batch that is no longer kept")
        raise Problem("outdated-cursor", "The batch of this cursor is no longer kept.", [error]) from None
    except CursorError:
        error = FieldError("query.cursor", "was not given out for this list")
        raise Problem("unusable-cursor", "The cursor was not given out for this list.", [error]) from None
    except ReusedKeyError as reused:
        raise Problem("reused-key", str(reused)) from None
    except CampaignExistsError as taken:
        raise Problem("campaign-exists", str(taken)) from None
    except StoreReadOnlyError as trouble:
        logger.error("%s", trouble)
        raise Problem("read-only", "This service may read its store, not write to it.") from None
    except StoreError as trouble:
        logger.error("%s", trouble)
        raise Problem("no-store", "The score store does not answer; the service's log says more.") from None
