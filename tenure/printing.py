"""What commands show: sentences, tables, progress. Data is shown as it is and never read as markup."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from features.errors import Rejection

Tell = Callable[[int, int, str], None]
"""Told how much is done, of how much, and what is under way."""

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


def say(sentence: str) -> None:
    """One line on standard output."""
    _out.print(Text(sentence), soft_wrap=True)


def problem(sentence: str) -> None:
    """What went wrong, on standard error."""
    _err.print(Text(sentence, style="red"), soft_wrap=True)


def rejections(reasons: Sequence[Rejection]) -> None:
    """Why rows were set aside, the commonest reason first, on standard error."""
    if not reasons:
        return
    table = Table("table", "column", "reason", "rows", "examples")
    table.columns[3].justify = "right"
    for reason in sorted(reasons, key=lambda reason: -reason.rows):
        examples = "; ".join(example[:60] for example in reason.examples)
        table.add_row(*map(Text, (reason.table, reason.column, reason.reason, f"{reason.rows:,}", examples)))
    _err.print(table)


@contextmanager
def progress(title: str) -> Iterator[Tell]:
    """A bar with the time that is left, on standard error; nothing where nobody watches."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=_err,
        transient=True,
        disable=not _err.is_terminal,
    )
    with bar:
        task = bar.add_task(title, total=None)

        def tell(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{title}: {what}" if what else title)

        yield tell


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows under a title; the first column to the left, numbers to the right."""
    shown = Table(title=Text(title), title_justify="left")
    for index, column in enumerate(columns):
        shown.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in row))
    _out.print(shown)
