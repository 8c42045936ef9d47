"""The book of contacts: the one part of the store that a running service writes to."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import sqlalchemy as sa

from serving.settings import StoreSettings
from serving.store import postgresql as store_postgresql
from serving.store.campaigns import Campaign, Outcome, find_campaigns, save_outcome
from serving.store.connections import Connections
from serving.store.contacts import Contact, Recorded, insert, record
from serving.store.engine import open_engine, place, resolve
from serving.store.errors import StoreError, StoreReadOnlyError
from serving.store.requests import earlier_answer, remember
from serving.store.schema import about, campaigns, contacts
from serving.store.troubles import in_sentences


class CampaignExistsError(StoreError):
    """A campaign of that name was drawn or reported before, not by this request; the answer is 409."""


class ContactBook:
    """Contacts, campaigns and their outcomes, in the store of the scores.

    Opening connects nowhere; a connection that may write is only made for the first thing to write, and never
    where `read_only`. One writer at a time, each a few statements long: on PostgreSQL beside a publisher, on
    SQLite before or after it (StoreUnavailableError in between). Raises StoreError; StoreReadOnlyError where
    the store may not be written to; NoScoresError before the first publication.
    """

    def __init__(self, settings: StoreSettings, folder: Path, read_only: bool) -> None:
        self._settings = settings
        self._url = resolve(settings.url, folder)
        self._place = place(self._url)
        self._read_only = read_only
        self._writer: sa.Engine | None = None
        self._opening = threading.Lock()
        self._connections = Connections(settings, folder, read_only=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._connections.close()
        if self._writer is not None:
            self._writer.dispose()

    def record(
        self,
        wanted: Sequence[Contact],
        campaign: str | None,
        key: str,
        digest: str,
        now: datetime,
        tell: Callable[[list[Recorded]], str],
    ) -> str:
        """Record contacts and return what `tell` makes of them; the same `key` again returns it again.

        Raises ReusedKeyError where the key came with a body of another `digest`.
        """
        with self._writing() as connection:
            if (told := earlier_answer(connection, key, digest)) is not None:
                return told
            answer = tell(record(connection, wanted, campaign, now))
            remember(connection, key, digest, answer, now)
            return answer

    def draw(self, campaign: Campaign, request: str, arms: Sequence[Contact]) -> None:
        """Record a campaign that was drawn, and everybody in it. `request` is what it was drawn by.

        Raises CampaignExistsError where there is one of that name.
        """
        with self._writing() as connection:
            if find_campaigns(connection, campaign.name):
                raise CampaignExistsError(f"There is a campaign {campaign.name} already.")
            columns = [c.name for c in campaigns.c if c.name != "request"]
            connection.execute(
                campaigns.insert().values(
                    request=request, **{name: getattr(campaign, name) for name in columns}
                )
            )
            insert(connection, arms, campaign.name)

    def drawn_by(self, name: str) -> dict[str, Any] | None:
        """What the campaign was drawn by; None where there is none of that name, or it was not drawn."""
        with self._connections.snapshot() as connection:
            request = connection.scalar(sa.select(campaigns.c.request).where(campaigns.c.name == name))
        return None if request is None else dict(orjson.loads(request))

    def campaigns(self) -> list[Campaign]:
        """Every campaign, newest first."""
        with self._connections.snapshot() as connection:
            return find_campaigns(connection)

    def campaign(self, name: str) -> Campaign | None:
        """The campaign called `name`; None where there is none."""
        with self._connections.snapshot() as connection:
            return next(iter(find_campaigns(connection, name)), None)

    def contacts_of(self, campaign: str) -> list[Contact]:
        """Everybody in the campaign, both arms, in the order in which they were recorded."""
        with self._connections.snapshot() as connection:
            rows = connection.execute(
                sa.select(contacts).where(contacts.c.campaign == campaign).order_by(contacts.c.number)
            )
            return [Contact(row.customer_id, row.contacted_at, row.arm) for row in rows]

    def save_outcome(self, campaign: str, outcome: Outcome) -> None:
        """Keep what was found of the campaign, in place of what was found before."""
        with self._writing() as connection:
            save_outcome(connection, campaign, outcome)

    def secret(self) -> str:
        """The store's own secret, which no answer shows: for keyed hashes and form tokens."""
        with self._connections.snapshot() as connection:
            return str(connection.scalar(sa.select(about.c.value).where(about.c.name == "cursor_secret")))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        if self._read_only:
            raise StoreReadOnlyError("This service is configured to read its store only.")
        with self._connections.snapshot():
            pass  # a store that nothing was published to is not made here
        with in_sentences(self._place), self._write_engine().connect() as connection:
            connection = connection.execution_options(
                **store_postgresql.AS_WRITER
                if self._url.get_backend_name() == "postgresql"
                else {"sqlite_begin": "BEGIN IMMEDIATE"}
            )
            with connection.begin():
                if self._url.get_backend_name() == "postgresql":
                    store_postgresql.wait_for_contacts(connection)
                yield connection

    def _write_engine(self) -> sa.Engine:
        with self._opening:
            if self._writer is None:
                try:
                    self._writer = open_engine(self._url, self._settings, read_only=False)
                except PermissionError:
                    raise StoreReadOnlyError(f"The store at {self._place} may not be written to.") from None
            return self._writer
