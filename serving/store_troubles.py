"""Turns the database's own errors into sentences for the person who must act."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from serving.store_errors import NoScoresError, StoreError, StoreUnavailableError

# Words of SQLite and SQLSTATE classes of PostgreSQL (its manual, appendix A), first match wins.
NOT_THERE_YET = ("no such table", "42P01")
FULL = ("database or disk is full", "53100")
READ_ONLY = ("attempt to write a readonly database", "25006", "42501")
NOT_A_DATABASE = ("file is not a database", "malformed")
BUSY = ("database is locked", "database table is locked", "53300", "55P03", "57014", "40001", "40P01")
REFUSED = ("constraint failed", "23")


@contextlib.contextmanager
def in_sentences(place: str) -> Iterator[None]:
    """Raise StoreError in place of whatever the database or its folder raises inside."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreUnavailableError(
            f"The store at {place} is busy: no connection came free. Try again."
        ) from error
    except sa.exc.DBAPIError as error:
        raise _sentence(error, place) from error
    except OSError as error:
        raise StoreError(
            f"The store at {place} cannot be opened: {error.strerror}. Check [store] url."
        ) from error


def _sentence(error: sa.exc.DBAPIError, place: str) -> StoreError:
    cause = error.orig
    state = getattr(cause, "sqlstate", None) or ""
    # The first line only: PostgreSQL's next one shows the row, which is a person's.
    words = (str(cause).strip().splitlines() or [type(cause).__name__])[0]

    def speaks_of(signs: tuple[str, ...]) -> bool:
        return any(sign in words or (state and state.startswith(sign)) for sign in signs)

    if speaks_of(NOT_THERE_YET):
        return NoScoresError()
    if speaks_of(FULL):
        return StoreError(
            f"The disk of the store at {place} is full. Nothing was published, the previous batch is still "
            "served. Make room and run the command again."
        )
    if speaks_of(READ_ONLY):
        return StoreError(f"The store at {place} cannot be written to ({words}). Check its permissions.")
    if speaks_of(NOT_A_DATABASE):
        return StoreError(
            f"The file at {place} is not a database of scores, or is damaged. Restore it from a backup, or "
            "move it away and run `tenure score`."
        )
    if speaks_of(BUSY):
        return StoreUnavailableError(f"The store at {place} is busy ({words}). Try again.")
    if speaks_of(REFUSED):
        return StoreError(f"The store refused the scores and kept its previous batch: {words}.")
    return StoreUnavailableError(f"The store at {place} does not answer: {words}.")
