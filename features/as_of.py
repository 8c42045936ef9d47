"""The moment that parts what is known from what is to be predicted."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import ibis


@dataclass(frozen=True)
class AsOf:
    """Midnight at the start of `day` in the shop's time zone; nothing at or after it is known."""

    day: date
    timezone: str

    @property
    def instant(self) -> datetime:
        """The same moment in UTC, without a zone, as admitted timestamps are."""
        midnight = datetime.combine(self.day, time.min, ZoneInfo(self.timezone))
        return midnight.astimezone(UTC).replace(tzinfo=None)

    @property
    def epoch_seconds(self) -> ibis.Value:
        """The same moment in seconds since 1970."""
        return ibis.literal(self.instant).epoch_seconds()

    def past(self, events: ibis.Table) -> ibis.Table:
        """The events of the days before `as_of`, each with `days_ago`: 1 on the eve of `as_of`.

        A case that was resolved at or after `as_of` is one that was not resolved yet, and a contract that ends
        at or after it is one that runs.
        """
        past = events.filter(events.day < self.day)
        cells = {"days_ago": ibis.literal(self.day).delta(past.day, unit="day").cast("int32")}
        if "resolved_at" in past.columns:
            cells["resolved_at"] = self.known(past.resolved_at, past.resolved_at)
        if "contract_ended_on" in past.columns:
            ended = past.contract_ended_on
            cells["contract_ended_on"] = (ended < self.day).ifelse(ended, None)
        return past.mutate(**cells)

    def known(self, at: ibis.Value, value: ibis.Value) -> ibis.Value:
        """The `value` where the moment `at` (UTC) had come before `as_of`, else NULL."""
        return (at < self.instant).ifelse(value, None)
