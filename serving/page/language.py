"""The page's languages: a catalogue of texts for each, and which of them a reader gets."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from serving.page.wording import NONE, words
from serving.settings import Locale

FOLDER = Path(__file__).parent / "texts"
CODES: tuple[str, ...] = tuple(code for code in get_args(Locale) if code)
FIRST = "en"


@dataclass(frozen=True)
class Language:
    """A language, what it calls itself, and its texts by dotted key: `t("today.title")`."""

    code: str
    name: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text with `values` in its placeholders; KeyError for a key that no catalogue has."""
        return self.texts[key].format_map(values)

    def many(self, key: str, number: int, **values: object) -> str:
        """The text for so many things: `key.one` or `key.other`, whose `{n}` the caller gives as it is written."""
        return self(f"{key}.one" if number == 1 else f"{key}.other", **values)

    def called(self, kind: str, name: str | None) -> str:
        """What a name of ours (`segment.AT_RISK`) is called; a name of the shop's own is its words."""
        if not name:
            return NONE
        return self.texts.get(f"{kind}.{name}") or words(name)

    @property
    def months(self) -> tuple[str, ...]:
        """The twelve months, short."""
        return tuple(self.texts["months"].split())


@lru_cache
def language(code: str) -> Language:
    """The language of that code, one of CODES; read once."""
    texts = _flat(tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8")), "")
    return Language(code, texts["name"], texts)


def choose(asked: str | None, remembered: str | None, accepted: str, shops: str) -> str:
    """The code of the language to answer in: what was asked now or before, the browser's, the shop's."""
    for wish in (asked, remembered, *_by_preference(accepted), shops):
        if wish in CODES:
            return str(wish)
    return FIRST


def _by_preference(accepted: str) -> list[str]:
    """`th;q=0.8, ms-MY` as ms, th: an Accept-Language header, best first."""
    wishes: list[tuple[float, str]] = []
    for part in accepted[:200].split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            wishes.append((-quality, tag.strip().lower().partition("-")[0]))
    return [tag for _, tag in sorted(wishes, key=lambda wish: wish[0])]


def _flat(table: Mapping[str, Any], before: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{key}.")
        else:
            flat[f"{before}{key}"] = value
    return flat
