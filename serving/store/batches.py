"""A batch: one scoring execution, published whole or not at all."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from models.horizons import Horizons

Score = dict[str, Any]
"""One customer's answer: every column of models.scores.COLUMNS by name, in order; None where empty.

Dates are `date`, `scored_at` is a `datetime` in UTC, `reasons` is a list of dicts or None.
"""


@dataclass(frozen=True)
class Batch:
    """What a batch to be published answers for.

    `scored_at` carries a time zone. `fingerprint` stands for everything the scores were computed from:
    the same `as_of`, `model_version` and `fingerprint` are the same scores. `own_segments` are the names and
    rules of the shop's own segments, in the order of the configuration.
    """

    as_of: date
    scored_at: datetime
    model_version: str
    horizons: Horizons
    fingerprint: str
    own_segments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PublishedBatch:
    """A batch that readers can see; `sequence` orders batches, whatever the clocks said."""

    sequence: int
    as_of: date
    scored_at: datetime
    model_version: str
    horizons: Horizons
    fingerprint: str
    customers: int
    eligible: int


@dataclass(frozen=True)
class Publication:
    """What publishing did: the batch that now holds these scores, and whether anything changed.

    `replaced` is the sequence of the batch of the same `as_of` that had to go; `pruned` are those that
    fell out of the number of batches kept.
    """

    batch: PublishedBatch
    changed: bool
    replaced: int | None
    pruned: tuple[int, ...]

    def sentence(self) -> str:
        """What happened, for the last line of a command."""
        batch = self.batch
        if not self.changed:
            return (
                f"Nothing changed: batch {batch.sequence} already holds these scores of {batch.as_of} "
                f"by model version {batch.model_version}."
            )
        instead = f", in place of batch {self.replaced}" if self.replaced is not None else ""
        return (
            f"Published batch {batch.sequence} as of {batch.as_of} by model version {batch.model_version}"
            f"{instead}: {batch.customers:,} customer{'' if batch.customers == 1 else 's'}, "
            f"{batch.eligible:,} of them with a score."
        )


@dataclass(frozen=True)
class Answer:
    """The served batch, and one customer's score in it; None where the batch does not know the customer."""

    batch: PublishedBatch
    score: Score | None


@dataclass(frozen=True)
class Portrait:
    """A customer's answer and what stands beside it: attributes, segments of the shop's own, and the past.

    `history` is the score in every batch kept, oldest first, up to the served one. Scores are as JSON takes
    them: a date may be ISO text, and reasons are an `orjson.Fragment`.
    """

    batch: PublishedBatch
    score: Score | None
    attributes: dict[str, str]
    own_segments: list[str]
    history: list[tuple[PublishedBatch, Score]]


@dataclass(frozen=True)
class Answers:
    """The served batch, and the scores of those customers asked for whom it knows."""

    batch: PublishedBatch
    scores: dict[str, Score]


@dataclass(frozen=True)
class Page:
    """One page of a list; `next_cursor` asks for the page after it and is None on the last."""

    batch: PublishedBatch
    scores: list[Score]
    next_cursor: str | None


@dataclass(frozen=True)
class Segment:
    """One segment of a batch. Money in shop currency; `scored` counts the members with a score.

    `churn_probability` is the mean over the scored, None where there are none.
    """

    name: str
    customers: int
    scored: int
    clv: float
    value_at_risk: float
    churn_probability: float | None
    bands: dict[str, int]


@dataclass(frozen=True)
class OwnSegment(Segment):
    """A segment of the shop's own, whose `rule` is that of the configuration; a customer may be in several."""

    rule: str


@dataclass(frozen=True)
class Segments:
    """The served batch and its segments, largest first; the shop's own in the order of the configuration."""

    batch: PublishedBatch
    segments: list[Segment]
    own: list[OwnSegment]
