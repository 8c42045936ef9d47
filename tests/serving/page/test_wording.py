"""How the page says numbers, dates and names."""

from datetime import UTC, date, datetime

import pytest

from serving.page import wording


@pytest.mark.parametrize(
    ("currency", "value", "decimals", "said"),
    [
        ("", 1204.9, 2, "1,204.90"),
        ("€", 1204.9, 0, "€1,205"),
        ("EUR", -5.0, 2, "-5.00\N{NO-BREAK SPACE}EUR"),
        ("", None, 2, "–"),
    ],
)
def test_money(currency: str, value: float | None, decimals: int, said: str) -> None:
    assert wording.amount(currency, value, decimals) == said


def test_a_column_has_the_same_decimals_in_every_row() -> None:
    assert wording.decimals_for([1.0, 999.0, None]) == 2
    assert wording.decimals_for([1.0, -1000.0]) == 0
    assert wording.decimals_for([]) == 2


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0%"),
        (0.004, "<1%"),
        (0.006, "1%"),
        (0.64, "64%"),
        (0.994, "99%"),
        (0.999, ">99%"),
        (1.0, "100%"),
    ],
)
def test_a_probability_is_never_rounded_to_nothing_or_to_certainty(value: float, said: str) -> None:
    assert wording.percent(value) == said


def test_days_and_moments() -> None:
    assert wording.day(date(2026, 9, 1)) == "1 Sep 2026"
    assert wording.moment(datetime(2026, 9, 1, 2, 10, tzinfo=UTC)) == "1 Sep 2026, 02:10 UTC"
    assert [wording.days_ago(days) for days in (1, 94, 1200, None)] == [
        "1 day ago",
        "94 days ago",
        "1,200 days ago",
        "–",
    ]


def test_names_become_words() -> None:
    assert [wording.words(name) for name in ("AT_RISK", "high", None)] == ["At risk", "High", "–"]


def test_what_raises_the_risk_is_told_before_what_lowers_it() -> None:
    lowers = {"text": "bought on 6 days in the last year", "direction": "lowers"}
    silent = {"text": "silent for 94 days; usually buys every 21", "direction": "raises"}
    twice = {"text": "Refunded twice.", "direction": "raises"}
    new = {"text": "new", "direction": "raises"}
    assert wording.told([lowers, silent, twice, new], 2) == (
        "Silent for 94 days; usually buys every 21. Refunded twice."
    )
    assert wording.told([lowers], 2) == "Bought on 6 days in the last year."
    assert wording.told(None, 2) == "–"


def test_scores_are_old_only_after_the_days_allowed() -> None:
    scored = datetime(2026, 9, 1, tzinfo=UTC)
    assert wording.age(scored, datetime(2026, 9, 8, tzinfo=UTC), 7) is None
    assert wording.age(scored, datetime(2026, 9, 8, 1, tzinfo=UTC), 7) == "7 days"


def test_code_in_prose_is_marked_and_everything_is_escaped() -> None:
    assert wording.with_code("run `a<b` & <i>") == "run <code>a&lt;b</code> &amp; &lt;i&gt;"
