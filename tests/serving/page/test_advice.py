"""What the page suggests: the first rule that fits, and the channel that a customer answers on."""

from typing import Any

import pytest

from serving.page.advice import Advice, advise


def life(band: str | None, tier: str | None, segment: str) -> dict[str, Any]:
    return {
        "eligible": band is not None,
        "risk_band": band,
        "value_tier": tier,
        "rfm_segment": segment,
    }


@pytest.mark.parametrize(
    ("band", "tier", "segment", "action"),
    [
        ("low", "top", "CHAMPIONS", "leave"),
        ("low", "low", "NEW", "leave"),
        ("high", "top", "NEW", "second"),
        ("medium", "low", "PROMISING", "second"),
        ("high", "top", "AT_RISK", "personal"),
        ("high", "low", "DORMANT", "reminder"),
        ("high", "high", "AT_RISK", "offer"),
        ("high", "medium", "AT_RISK", "offer"),
        ("medium", "top", "LOYAL", "thanks"),
        ("medium", "high", "LOYAL", "thanks"),
        ("medium", "medium", "NEEDS_ATTENTION", "reminder"),
        (None, None, "PROSPECTS", None),
    ],
)
def test_the_first_rule_that_fits_names_the_action(
    band: str | None, tier: str | None, segment: str, action: str | None
) -> None:
    assert advise(life(band, tier, segment), {}) == Advice(action, None, 0)


@pytest.mark.parametrize(
    ("lately", "channel", "seen"),
    [
        ({"session": 9, "email_open": 2, "email_click": 1}, "email", 3),
        ({"session": 9, "push_open": 1}, "push", 1),
        ({"store_visit": 4, "social": 1}, "social", 1),
        ({"store_visit": 4, "session": 9}, "store", 4),
        ({"session": 9, "cart_abandoned": 2}, "site", 11),
        ({"support": 3, "email_sent": 8}, None, 0),
        ({}, None, 0),
    ],
)
def test_a_message_that_is_opened_comes_before_a_place_to_come_to(
    lately: dict[str, int], channel: str | None, seen: int
) -> None:
    assert advise(life("high", "high", "AT_RISK"), lately) == Advice("offer", channel, seen)
