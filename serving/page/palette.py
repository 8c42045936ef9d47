"""The colours of the pictures, the same as the style sheet's, for a light and for a dark screen."""

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """What is drawn in which colour."""

    ink: str
    quiet: str
    line: str
    accent: str
    tint: str
    bad: str
    good: str
    card: str


PALETTES: dict[Scheme, Palette] = {
    "light": Palette("#17201f", "#56605f", "#dfe4e2", "#0d5c56", "#cfe3df", "#a5301c", "#1f6b46", "#ffffff"),
    "dark": Palette("#e8ecea", "#a2aeab", "#2a3331", "#6fc9be", "#24453f", "#f2937f", "#7fcda0", "#181f1e"),
}
