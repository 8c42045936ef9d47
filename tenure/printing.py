"""What commands show: sentences, tables, progress. Data is shown as it is and never read as markup."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from features.errors import Rejection

if TYPE_CHECKING:
    from features.door.report import TableReport
    from features.profile import Profile
    from tenure.shop import Trained
    from training.contest import Contest
    from training.health import Health

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


class _RateColumn(ProgressColumn):
    """How many a second, where that says something."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed or 0.0
        return Text(f"{rate:,.0f}/s" if rate >= 1 else "")


WHOLE_WIDTH = 120


def plain_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Rows without lines between them; the first column to the left, the others to the right."""
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for index, column in enumerate(columns):
        shown.add_column(Text(column), justify="left" if index == 0 else "right", no_wrap=True)
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    # Numbers that are cut off tell nothing: a narrow terminal wraps the line, a file keeps it.
    Console(highlight=False, width=max(_out.width, WHOLE_WIDTH)).print(shown)


@contextmanager
def progress(title: str) -> Iterator[Tell]:
    """A bar with the rate and the time that is left, on standard error; nothing where nobody watches."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=_err,
        transient=True,
        disable=not _err.is_terminal,
        # Some steps take minutes: the estimate needs a memory longer than they are.
        speed_estimate_period=3600.0,
    )
    with bar:
        task = bar.add_task(title, total=None)

        def tell(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{title}: {what}" if what else title)

        yield tell


def profile(found: "Profile") -> None:
    """What the shop's data holds and supports."""
    for report in found.tables:
        say(_admitted(report))
        rejections(report.rejections)
        for note in report.notes:
            say(f"  {note}")
    say("")
    say(
        f"From {found.first_day} to {found.last_day} ({found.span_days:,} days): "
        f"{found.customers:,} customers, {found.orders:,} orders, {found.refunds:,} refunds, "
        f"net spend {found.spend:,.2f}."
    )
    for sentence in found.contracts.sentences() if found.contracts else ():
        say(sentence)
    if found.observed_until:
        say(
            f"Contracts are observed until {found.observed_until}: what has not ended before that day runs. Set "
            "[data] observed_until to the day of your export if that is another."
        )
    say(f"{found.one_time_share:.0%} of the customers bought on one day only.")
    if found.gap_quantiles:
        gaps = ", ".join(f"{share:.0%} within {days:,.0f}" for share, days in found.gap_quantiles.items())
        say(f"Days from one purchase to the next: {gaps}.")
    say(
        f"Churn window: {found.churn_window_days} days; this shop's own gaps propose "
        f"{found.proposed_churn_window_days}."
    )
    dates = ", ".join(str(day) for day in found.backtest_dates) or "none"
    say(f"Past dates that a backtest can use: {dates}.")
    if found.events_by_kind:
        say("Interactions: " + ", ".join(f"{kind} {n:,}" for kind, n in found.events_by_kind.items()) + ".")
    if found.opted_out:
        say(f"{found.opted_out:,} customers object to profiling: they get no score and teach nothing.")
    if found.empty_features:
        say(f"Features without a value for anybody: {', '.join(found.empty_features)}.")
    if found.not_given:
        say("What you could add, and what it would tell:")
        for name, tells in found.not_given.items():
            say(f"  {name}: {tells}")


def trained(found: "Trained") -> None:
    """What was learned, how good it is, and which version answers."""
    model = found.model
    say(model.why)
    if model.grade is not None:
        for subject in ("churn", "value"):
            letter, sentence = model.grade[subject], model.grade[f"{subject}_sentence"]
            say(f"Grade for {subject}: {letter or 'none'}. {sentence}")
    if found.version == found.champion:
        say(f"Version {found.version}, trained as of {model.trained_as_of}, is the champion.")
    else:
        say(
            f"Version {found.version}, trained as of {model.trained_as_of}, is a challenger; version "
            f"{found.champion} still answers. `tenure promote` lets it take over."
        )


def contest(found: "Contest | None") -> None:
    """Every comparison of challenger and champion, and what could not be compared."""
    if found is None:
        return
    if found.bouts:
        table(
            "Challenger against champion",
            ("forecasts", "metric", "new", "old", "95% interval", "verdict"),
            (
                (
                    bout.how,
                    bout.metric,
                    f"{bout.challenger:.4f}",
                    f"{bout.champion:.4f}",
                    f"{bout.difference.low:+.4f} to {bout.difference.high:+.4f}",
                    bout.word,
                )
                for bout in found.bouts
            ),
        )
    for pair in found.grades:
        sentence = pair.sentence()
        say(f"{sentence[0].upper()}{sentence[1:]}.")
    for note in found.notes:
        say(note)


MOST_DRIFTS = 8


def health(found: "Health") -> None:
    """What moved, how scores did, and last whether retraining is due and why."""
    if found.drifts:
        answers = [drift for drift in found.drifts if drift.is_answer]
        features = [drift for drift in found.drifts if not drift.is_answer]
        furthest = sorted(features, key=lambda drift: drift.allowed - drift.distance)[:MOST_DRIFTS]
        table(
            f"Distance to training, {found.age_days} days ago: the answers, and the features that moved furthest",
            ("column", "Jensen-Shannon", "allowed", "PSI", "part in the answers", ""),
            (
                (
                    drift.name,
                    f"{drift.distance:.3f}",
                    f"{drift.allowed:.3f}",
                    f"{drift.psi:.3f}",
                    "" if drift.is_answer else f"{drift.importance:.1%}",
                    "drifted" if drift.has_drifted else "",
                )
                for drift in (*answers, *furthest)
            ),
        )
    for course in found.courses:
        say(
            f"In the {course.days} days since training, {course.name}: {course.actual:,.0f}, "
            f"{course.expected:,.0f} expected."
        )
    for after in found.aftermaths:
        shown = (name for name in ("log_loss", "roc_auc", "ece", "normalized_gini") if name in after.measured)
        figures = ", ".join(
            f"{name} {after.measured[name]:.3f}"
            + (f" (promised {after.promised[name]:.3f})" if name in after.promised else "")
            for name in shown
        )
        say(
            f"Scores of {after.as_of} by version {after.model_version}"
            f"{', recomputed' if after.is_recomputed else ''}: of {after.customers:,} customers "
            f"{after.measured['returned_share']:.1%} returned, {after.measured['expected_share']:.1%} were "
            f"expected; {figures}."
        )
    for note in found.notes:
        say(note)
    for reason in found.reasons:
        say(f"{reason[0].upper()}{reason[1:]}.")
    if found.is_due:
        say(f"Retraining is due: {len(found.reasons)} reason{'s' if len(found.reasons) > 1 else ''}.")
    else:
        say(f"Version {found.version}, trained {found.age_days} days before {found.as_of}, is still good.")


def _admitted(report: "TableReport") -> str:
    sentence = f"{report.table}: {report.read:,} rows read, {report.admitted:,} admitted"
    if report.merged_away:
        sentence += f", {report.merged_away:,} merged into others"
    if report.rejected:
        sentence += f", {report.rejected:,} set aside in {report.quarantine}"
    return sentence + "."


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under a title; the first column to the left, numbers to the right."""
    shown = Table(title=Text(title), title_justify="left")
    for index, column in enumerate(columns):
        shown.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in row))
    _out.print(shown)
