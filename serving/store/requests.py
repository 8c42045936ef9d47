"""Requests that may come twice: the second time they get the answer of the first, and nothing changes."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.store.errors import StoreError
from serving.store.schema import requests

REMEMBERED_DAYS = 7


class ReusedKeyError(StoreError):
    """The key came with another body before; the answer is 422."""


def earlier_answer(connection: sa.Connection, key: str, digest: str) -> str | None:
    """The answer given under `key`, None where there was none. Raises ReusedKeyError for another body."""
    row = connection.execute(sa.select(requests).where(requests.c.key == key)).one_or_none()
    if row is None:
        return None
    if row.digest != digest:
        raise ReusedKeyError("The Idempotency-Key was used with another body.")
    return str(row.answer)


def remember(connection: sa.Connection, key: str, digest: str, answer: str, now: datetime) -> None:
    """Keep the answer for a week; older ones go."""
    connection.execute(requests.delete().where(requests.c.created_at < now - timedelta(days=REMEMBERED_DAYS)))
    connection.execute(requests.insert().values(key=key, digest=digest, answer=answer, created_at=now))
