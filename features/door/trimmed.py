"""Cells without the blanks around them, alike on every engine."""

from typing import Any

BLANKS_AROUND = "^[ \t\n\r]+|[ \t\n\r]+$"


def trimmed(text: Any) -> Any:
    """The text without spaces, tabs and line ends around it.

    Not Ibis's `strip`: what it writes has Spark take the letters f and v away too, and "false" for "alse".
    """
    return text.re_replace(BLANKS_AROUND, "")
