"""The model's sentences in the reader's language: every sentence of the catalogue has its words."""

import re
import tomllib
from string import Formatter

import pytest

from features.catalog import describe
from features.reference import NUMBERS, SHOP
from serving.page.language import CODES, FOLDER, language
from serving.page.phrases import SLOT, retold
from serving.page.wording import Wording

OTHERS = [code for code in CODES if code != "en"]
GRADES = (
    "Of the 500 customers it would have put on the list of 2026-06-01, 412 did not come back within 90 days; "
    "picking by days since the last purchase finds 371, picking at random 250. Of two customers of whom one came "
    "back, it names the right one 84.1% of the time, days since the last purchase 82.8%.",
    "The 500 customers it would have called the most valuable on 2026-06-01 brought 52% of the spend of the next "
    "90 days; those who had spent most in the 90 days before brought 47%. Judged over 90 days instead of the CLV "
    "horizon: two windows of 365 days after 30 days of history do not fit into the 546 days since the first purchase.",
    "Too little data to grade: two windows of 90 days after 30 days of history do not fit into the 60 days since the "
    "first purchase.",
    "The last contract ended on 2026-05-03: there is no renewal to predict.",
    "The contract is next due on 2027-05-03, after the 90 days that are looked ahead.",
)


def said(text: str, code: str) -> str:
    t = language(code)
    return str(retold(text, t, Wording(code, t.months, "")))


def sentences(amount: float) -> set[str]:
    """What the catalogue can say of a customer whose numbers are all `amount`; of one with hardly any for 0."""
    catalogue = describe(SHOP)
    if not amount:
        return {feature.say({"days_since_last_purchase": 94}) for feature in catalogue if feature.otherwise}
    known = {feature.name: amount for feature in catalogue}
    own = {feature.name: NUMBERS.get(feature.unit, amount) for feature in catalogue}
    return {feature.say(known | {feature.name: own[feature.name]}) for feature in catalogue}


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("amount", [0, 1, 3, 1204.0])
def test_every_sentence_of_the_catalogue_is_said_in_every_language(code: str, amount: float) -> None:
    left = [text for text in sentences(amount) if 'lang="en"' in said(text, code)]
    assert left == []


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("text", GRADES)
def test_grades_and_missing_scores_are_explained_in_every_language(code: str, text: str) -> None:
    assert 'lang="en"' not in said(text, code)


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_has_the_same_phrases_and_loses_none_of_their_numbers(code: str) -> None:
    first, other = (
        tomllib.loads((FOLDER / f"phrases.{name}.toml").read_text(encoding="utf-8"))
        for name in (OTHERS[0], code)
    )
    assert list(other) == list(first)
    for english, text in other.items():
        places = sorted(int(field) for _, field, _, _ in Formatter().parse(text) if field)
        assert places == list(range(len(SLOT.findall(english)))), english


def test_a_reason_is_told_with_the_customers_own_numbers() -> None:
    reason = "silent for 1,094 days; usually buys every 21 days"
    assert said(reason, "en") == "Silent for 1,094 days; usually buys every 21 days."
    assert said(reason, "id") == "Tidak membeli selama 1.094 hari; biasanya membeli setiap 21 hari."
    assert (
        said("email sent: last one 1 day ago", "ms") == "E-mel dihantar kepadanya: kali terakhir 1 hari lalu."
    )
    assert re.search("94.*21", said("silent for 94 days; usually buys every 21 days", "th"))


def test_what_has_no_words_stays_english_and_is_marked_and_escaped() -> None:
    assert (
        said("paid with <b>shells</b>", "th") == '<span lang="en">Paid with &lt;b&gt;shells&lt;/b&gt;.</span>'
    )
    assert said("paid with <b>shells</b>", "en") == "Paid with &lt;b&gt;shells&lt;/b&gt;."
    assert "<i>" not in said("50% of orders through <i>web</i>", "ms")
