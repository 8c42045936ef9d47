"""What to do about a customer, and through which channel: plain rules that a person can read and change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from serving.store.batches import Score


@dataclass(frozen=True)
class Rule:
    """Customers in one of the bands, tiers and segments get the action; an empty tuple asks nothing."""

    action: str
    bands: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()

    def covers(self, score: Mapping[str, Any]) -> bool:
        """Whether a customer with this score meets the rule."""
        asked = (
            ("risk_band", self.bands),
            ("value_tier", self.tiers),
            ("rfm_segment", self.segments),
        )
        return all(not wanted or score[column] in wanted for column, wanted in asked)


ACTIONS: tuple[Rule, ...] = (
    Rule("leave", bands=("low",)),
    Rule("second", segments=("NEW", "PROMISING")),
    Rule("personal", bands=("high",), tiers=("top",)),
    Rule("reminder", bands=("high",), tiers=("low",)),
    Rule("offer", bands=("high",)),
    Rule("thanks", tiers=("top", "high")),
    Rule("reminder"),
)
"""The first rule that fits names the action; texts under `action.` say what it is."""

CHANNELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("email", ("email_click", "email_open")),
    ("push", ("push_open",)),
    ("social", ("social",)),
    ("store", ("store_visit",)),
    ("site", ("session", "cart_abandoned")),
)
"""Channels, and the interactions that show a customer can be reached there.

A message that the customer opens comes before a place where they have to come by themselves.
"""


@dataclass(frozen=True)
class Advice:
    """An action and the channel, with the number of times that the customer was seen there lately.

    `action` is None without a score, `channel` where no engagement is known.
    """

    action: str | None
    channel: str | None
    seen: int


def advise(score: Score, lately: Mapping[str, int]) -> Advice:
    """What to do about a customer who did so much of each kind lately."""
    action = next(rule.action for rule in ACTIONS if rule.covers(score)) if score["eligible"] else None
    for channel, kinds in CHANNELS:
        seen = sum(lately.get(kind, 0) for kind in kinds)
        if seen:
            return Advice(action, channel, seen)
    return Advice(action, None, 0)
