"""The grades of two models for one window of which neither knew: the same customers, the same simple peers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from training.grade import Letter, letter_for_returns, letter_for_spend
from training.held_out import enough_to_grade, peers_fit, view_on
from training.meeting import Meeting
from training.past import Past

Subject = Literal["churn", "value"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)


@dataclass(frozen=True)
class Graded:
    """The grades of both for what happened in one window of which neither knew."""

    subject: Subject
    as_of: date
    window_days: int
    customers: int
    challenger: Letter
    champion: Letter

    @property
    def has_fallen(self) -> bool:
        """Whether the challenger's letter is the worse one."""
        return self.challenger > self.champion

    def sentence(self) -> str:
        """The letters for a person."""
        move = "has fallen" if self.has_fallen else "holds"
        return (
            f"the challenger's grade for {self.subject} {move}: {self.challenger}, the champion's {self.champion}, "
            f"by the same {self.customers:,} customers from {self.as_of} on, {self.window_days} days"
        )


def grades_of(past: Past, met: Meeting, subjects: Sequence[Subject]) -> tuple[Graded, ...]:
    """Both graded by what happened; nothing where too little did, or where peers have no window to learn from."""
    both, first_day = met.both, past.first_day()
    returned, spend = (both[name].to_numpy(dtype=float) for name in ("returned", "spend"))
    if (
        first_day is None
        or not peers_fit(first_day, met.as_of, met.window_days)
        or not enough_to_grade(returned)
    ):
        return ()
    view = view_on(past, met.as_of, met.plan, met.window_days)
    grades = []
    for subject in subjects:
        ours, theirs = (
            letter_for_returns(view, returned, both[f"p_return_{who}"].to_numpy(dtype=float))
            if subject == "churn"
            else letter_for_spend(view, spend, both[f"clv_{who}"].to_numpy(dtype=float))
            for who in ("challenger", "champion")
        )
        if ours is not None and theirs is not None:
            grades.append(Graded(subject, met.as_of, met.window_days, len(both), ours, theirs))
    return tuple(grades)
