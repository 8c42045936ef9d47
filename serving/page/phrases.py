"""What the model says in English, said again in the reader's language: reasons, and why there is a grade.

A model's sentences are made when it trains or scores and are kept with the scores. Each has a pattern in the
catalogue of a language, which takes its numbers over. What has no pattern stays English and is marked so.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from markupsafe import Markup, escape

from serving.page.language import FOLDER, Language
from serving.page.wording import Wording, sentence

SLOT = re.compile(r"\{(n|kind|name|day)\}")
MATCHES = {
    "n": r"[+-]?[\d,]+(?:\.\d+)?%?",
    "kind": r"[^:;]+",
    "name": r".+?",
    "day": r"\d{4}-\d{2}-\d{2}",
}
SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z])")
PLURALS = {"(s)": "s?", "(ies)": "(?:y|ies)"}


@dataclass(frozen=True)
class Phrase:
    """A pattern of the model's English, what each of its slots holds, and the sentence it becomes."""

    english: re.Pattern[str]
    slots: tuple[str, ...]
    other: str


def retold(text: str, t: Language, w: Wording) -> Markup:
    """`text` as a sentence in the reader's language; in English, and marked as English, where it has no words.

    Numbers and dates are written the reader's way. Each sentence is a phrase, or clauses between semicolons that
    are.
    """
    known = [_told(part, t, w) for part in SENTENCE_END.split(text)]
    if None not in known:
        return escape(" ".join(sentence(part) for part in known if part))
    told = escape(sentence(text))
    return told if t.code == "en" else Markup(f'<span lang="en">{told}</span>')


def _told(text: str, t: Language, w: Wording) -> str | None:
    whole = _phrase(text, t, w)
    if whole is not None:
        return whole
    clauses = [_phrase(clause, t, w) for clause in text.split("; ")]
    return None if None in clauses else "; ".join(clause for clause in clauses if clause)


def _phrase(text: str, t: Language, w: Wording) -> str | None:
    for phrase in phrases(t.code):
        found = phrase.english.fullmatch(text)
        if found:
            say = _speakers(t, w)
            return phrase.other.format(
                *(say[slot](part) for slot, part in zip(phrase.slots, found.groups(), strict=True))
            )
    return None


def _speakers(t: Language, w: Wording) -> Mapping[str, Callable[[str], str]]:
    return {
        "n": w.rewritten,
        "day": lambda part: w.day(date.fromisoformat(part)),
        "kind": lambda part: t.called("kind", part.replace(" ", "_")),
        "name": str,
    }


@lru_cache
def phrases(code: str) -> tuple[Phrase, ...]:
    """The phrases of a language, read once; English has none, since it needs none."""
    path = FOLDER / f"phrases.{code}.toml"
    if not path.exists():
        return ()
    pairs: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(_compiled(english, other) for english, other in pairs.items())


def _compiled(english: str, other: str) -> Phrase:
    slots = tuple(SLOT.findall(english))
    pattern = "".join(
        re.escape(part) if n % 2 == 0 else f"({MATCHES[part]})" for n, part in enumerate(SLOT.split(english))
    )
    for written, meant in PLURALS.items():
        pattern = pattern.replace(re.escape(written), meant)
    return Phrase(re.compile(pattern, re.DOTALL), slots, other)
