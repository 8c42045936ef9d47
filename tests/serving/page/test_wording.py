"""How the page says numbers, dates and names."""

from datetime import UTC, date, datetime

import pytest

from serving.page import wording
from serving.page.language import language
from serving.page.wording import Wording


def english(currency: str = "") -> Wording:
    return Wording("en", language("en").months, currency)


@pytest.mark.parametrize(
    ("currency", "value", "decimals", "said"),
    [
        ("", 1204.9, 2, "1,204.90"),
        ("€", 1204.9, 0, "€1,205"),
        ("EUR", -5.0, 2, "-5.00\N{NO-BREAK SPACE}EUR"),
        ("", None, 2, "–"),
        ("RM", -12.5, 2, "-RM12.50"),
        ("", -0.001, 2, "0.00"),
    ],
)
def test_money(currency: str, value: float | None, decimals: int, said: str) -> None:
    assert english(currency).amount(value, decimals) == said


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
    assert english().percent(value) == said


def test_days_and_moments() -> None:
    assert english().day(date(2026, 9, 1)) == "1 Sep 2026"
    assert english().moment(datetime(2026, 9, 1, 2, 10, tzinfo=UTC)) == "1 Sep 2026, 02:10 UTC"


def test_names_become_words() -> None:
    assert [wording.words(name) for name in ("AT_RISK", "high", None)] == ["At risk", "High", "–"]


def test_what_raises_the_risk_is_told_before_what_lowers_it() -> None:
    lowers = {"text": "bought on 6 days in the last year", "direction": "lowers"}
    silent = {"text": "silent for 94 days; usually buys every 21", "direction": "raises"}
    twice = {"text": "Refunded twice.", "direction": "raises"}
    new = {"text": "new", "direction": "raises"}
    assert wording.weightiest([lowers, silent, twice, new], 2) == [silent["text"], twice["text"]]
    assert wording.weightiest([lowers], 2) == [lowers["text"]]
    assert wording.weightiest(None, 2) == []


def test_numbers_of_the_english_way_are_written_the_shops_way() -> None:
    assert Wording("id", language("id").months, "").rewritten("+1,204.5%") == "+1.204,5%"
    assert english().rewritten("1,204.50") == "1,204.50"


def test_scores_are_old_only_after_the_days_allowed() -> None:
    scored = datetime(2026, 9, 1, tzinfo=UTC)
    assert wording.days_old(scored, datetime(2026, 9, 8, tzinfo=UTC), 7) is None
    assert wording.days_old(scored, datetime(2026, 9, 8, 1, tzinfo=UTC), 7) == 7


def test_code_in_prose_is_marked_and_everything_is_escaped() -> None:
    assert wording.with_code("run `a<b` & <i>") == "run <code>a&lt;b</code> &amp; &lt;i&gt;"


def test_a_shop_in_indonesia_writes_points_where_others_write_commas() -> None:
    shop = Wording("id", language("id").months, "Rp")
    assert shop.amount(1_204_900.5, 2) == "Rp1.204.900,50"
    assert shop.day(date(2026, 8, 17)) == "17 Agu 2026"
    assert shop.percent(0.123, 1) == "12,3%"


def test_what_was_gained_has_a_sign_and_nothing_has_none() -> None:
    assert [english().change(value, 0) for value in (12.0, -12.0, 0.2, -0.2)] == ["+12", "-12", "0", "0"]


@pytest.mark.parametrize(
    ("clv", "high", "is_so"),
    [(94.0, 0.0, True), (94.0, 0.49, True), (94.0, 0.5, False), (0.4, 0.0, False), (9.0, None, False)],
)
def test_a_range_that_would_read_nothing_to_nothing_is_known(
    clv: float, high: float | None, is_so: bool
) -> None:
    assert wording.is_mostly_nothing({"clv": clv, "clv_high": high}) is is_so
