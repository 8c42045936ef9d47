"""The two ways an input can be wrong; the sentence in each is for the person who must act."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rejection:
    """One reason why rows of a table were set aside: how many, the first few of them, and what to do."""

    table: str
    column: str
    reason: str
    rows: int
    examples: tuple[str, ...]
    remedy: str = ""


class ConfigurationError(Exception):
    """What was asked for cannot be done as asked; the command line ends with exit code 2."""


class DataError(Exception):
    """The data cannot be used as it is; the command line ends with exit code 3.

    `reasons` holds one row per table, column and reason, for a table under the sentence; often empty.
    """

    def __init__(self, sentence: str, reasons: Sequence[Rejection] = ()) -> None:
        super().__init__(sentence)
        self.reasons = tuple(reasons)
