"""Turns the database's own errors into sentences for the person who must act."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from serving.store.errors import NoScoresError, StoreError, StoreReadOnlyError, StoreUnavailableError


@dataclass(frozen=True)
class Trouble:
    """How a trouble shows: in SQLite's words, or in PostgreSQL's SQLSTATE (its manual, appendix A)."""

    words: tuple[str, ...]
    states: tuple[str, ...]

    def shows_in(self, words: str, state: str) -> bool:
        """Whether an error with these words and this SQLSTATE (empty on SQLite) is this trouble."""
        return any(w in words for w in self.words) or (state != "" and state.startswith(self.states))


NOTHING_YET = Trouble(("no such table",), ("42P01",))
FULL = Trouble(("database or disk is full",), ("53100",))
NOT_ALLOWED = Trouble(("attempt to write a readonly database",), ("25006", "42501"))
NO_DATABASE = Trouble(("file is not a database", "database disk image is malformed"), ("XX001", "XX002"))
BUSY = Trouble(("is locked",), ("53300", "55P03", "57014", "40001", "40P01"))
REFUSED = Trouble(("constraint failed",), ("22", "23"))


@contextlib.contextmanager
def in_sentences(place: str) -> Iterator[None]:
    """Raise StoreError in place of whatever the database or its folder raises inside.

    The original error is not shown beside it: it quotes rows, which are persons'.
    """
    try:
        yield
    except sa.exc.TimeoutError:
        raise StoreUnavailableError(
            f"The store at {place} is busy: no connection came free. Try again."
        ) from None
    except sa.exc.DBAPIError as error:
        raise _sentence(error, place) from None
    except OSError as error:
        raise StoreError(
            f"The store at {place} cannot be opened: {error.strerror}. Check [store] url."
        ) from error


def _sentence(error: sa.exc.DBAPIError, place: str) -> StoreError:
    state = getattr(error.orig, "sqlstate", None) or ""
    # PostgreSQL's first line says what happened, the next ones quote the row.
    words = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
    if NOTHING_YET.shows_in(words, state):
        return NoScoresError()
    if FULL.shows_in(words, state):
        return StoreError(
            f"The disk of the store at {place} is full. Nothing was published, the previous batch is still "
            "served. Make room and run the command again."
        )
    if NOT_ALLOWED.shows_in(words, state):
        return StoreReadOnlyError(
            f"The store at {place} does not allow that: {words}. Check what this user may do with the "
            "database, or with the file and its folder (SQLite writes beside the file even to read it)."
        )
    if NO_DATABASE.shows_in(words, state):
        return StoreError(
            f"The file at {place} is not a database of scores, or is damaged. Restore it from a backup, or "
            "move it away and run `tenure score`."
        )
    if BUSY.shows_in(words, state):
        return StoreUnavailableError(f"The store at {place} is busy ({words}). Try again.")
    if REFUSED.shows_in(words, state):
        return StoreError(f"The store refused the scores and kept its previous batch: {words}.")
    return StoreUnavailableError(f"The store at {place} does not answer: {words}.")
