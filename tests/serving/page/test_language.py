"""The page's texts: every language has all of them, with the same placeholders, and readers get theirs."""

import re
from pathlib import Path
from string import Formatter

import pytest

import serving.page
from serving.page.advice import ACTIONS, CHANNELS
from serving.page.language import CODES, choose, language
from serving.page.wording import SEPARATORS
from serving.store.movements import CAUSES

PAGE = Path(serving.page.__file__).parent
OTHERS = [code for code in CODES if code != "en"]


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_has_every_text_with_the_same_placeholders_and_code(code: str) -> None:
    english, other = language("en").texts, language(code).texts
    assert list(other) == list(english)
    for key, text in english.items():
        assert other[key].strip(), key
        assert placeholders(other[key]) == placeholders(text), key
        assert re.findall("`[^`]+`", other[key]) == re.findall("`[^`]+`", text), key


@pytest.mark.parametrize("code", CODES)
def test_every_language_has_twelve_months_and_its_separators(code: str) -> None:
    assert len(language(code).months) == 12
    assert code in SEPARATORS


@pytest.mark.parametrize("code", OTHERS)
def test_few_texts_are_left_in_english(code: str) -> None:
    english, other = language("en").texts, language(code).texts
    same = [key for key, text in english.items() if other[key] == text]
    assert len(same) <= 20, same


def test_every_text_that_a_template_or_a_route_names_is_there() -> None:
    texts = language("en").texts
    sources = [*PAGE.glob("templates/*.html"), *PAGE.glob("*.py")]
    named = {
        key for path in sources for key in re.findall(r"""\bt\(["']([\w.]+)["'][,)]""", path.read_text())
    }
    counted = {
        key for path in sources for key in re.findall(r"""\bt\.many\(["']([\w.]+)["']""", path.read_text())
    }
    assert len(named) > 100
    assert named <= set(texts)
    assert {f"{key}.{form}" for key in counted for form in ("one", "other")} <= set(texts)
    assert {f"action.{rule.action}" for rule in ACTIONS} | {f"channel.{name}" for name, _ in CHANNELS} <= set(
        texts
    )
    assert {f"moved.{cause}" for cause in CAUSES} <= {*texts, "moved.model"}


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "shops", "chosen"),
    [
        (None, None, "", "", "en"),
        (None, None, "de-DE, fr;q=0.9", "", "en"),
        (None, None, "de-DE, th;q=0.5, ms-MY;q=0.8", "", "ms"),
        (None, None, "de", "id", "id"),
        (None, "th", "ms", "id", "th"),
        ("ms", "th", "id", "", "ms"),
        ("klingon", None, "th;q=x, id;q=0, ", "", "en"),
    ],
)
def test_what_was_asked_comes_before_what_was_remembered_and_accepted(
    asked: str | None, remembered: str | None, accepted: str, shops: str, chosen: str
) -> None:
    assert choose(asked, remembered, accepted, shops) == chosen
