"""Two versions on the same past dates and the same customers: is the challenger worse beyond noise?

A model must not be judged on a window that it learned from, yet a challenger fresh from training has learned
from every window there is. So two versions meet like this:

1. **Unseen.** Where a window has closed since both were trained, the registered models themselves answer for
   it. Nothing is more honest, and nothing else is asked then.
2. **Rehearsed.** Otherwise their rehearsals meet: each version keeps the model that the same recipe had learned
   one window before its own training. The older one is older by as many days as the versions are apart, so the
   meeting is that of the versions, one window earlier, and neither knows what it is judged on.
3. **Registered.** A rehearsal says what the recipe can do, not what was registered. So the registered models
   answer as well, for the newest window that had closed when the challenger was trained. The challenger
   learned from it, the champion perhaps not: that is the challenger's advantage, so to win here proves
   nothing, and only to lose here counts.

Each meeting is decided by log loss and ROC AUC of the returns and by the normalized Gini of the spend, with a
paired bootstrap over customers. Where neither knew what followed, both are graded as well: by the same customers,
against the same simple peers.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from models.tenure_model import TenureModel
from training.bout import Bout, bouts_of
from training.graded import SUBJECTS, Graded, Subject, grades_of
from training.meeting import LEAST_CUSTOMERS, meet
from training.past import Past

SUBJECT: dict[str, Subject] = {"log_loss": "churn", "roc_auc": "churn", "normalized_gini": "value"}


@dataclass(frozen=True)
class Contender:
    """A version, its model, and its rehearsals by the days of their window."""

    version: str
    model: TenureModel
    rehearsals: dict[int, TenureModel]


@dataclass(frozen=True)
class Contest:
    """All bouts, at most one pair of grades for each subject, and sentences on what could not be compared."""

    bouts: tuple[Bout, ...]
    grades: tuple[Graded, ...]
    notes: tuple[str, ...]

    @property
    def lost(self) -> tuple[Bout, ...]:
        """The bouts in which the challenger is worse beyond noise."""
        return tuple(bout for bout in self.bouts if bout.word == "worse")


def contest(past: Past, challenger: Contender, champion: Contender, until: date) -> Contest:
    """Let the two meet on what happened before `until`, the day after the newest event."""
    window = challenger.model.horizons.churn_window_days
    newest = until - timedelta(days=window)
    trained = [contender.model.trained_as_of for contender in (challenger, champion)]
    if newest >= max(trained):
        met = meet(past, "unseen", newest, window, challenger.model, champion.model)
        if met is None:
            return Contest((), (), _nothing(newest, window))
        return Contest(bouts_of(met, past.seed), grades_of(past, met, SUBJECTS), ())
    bouts: list[Bout] = []
    grades: list[Graded] = []
    notes: list[str] = []
    shared = sorted(challenger.rehearsals.keys() & champion.rehearsals.keys())
    for days in shared:
        ours, theirs = challenger.rehearsals[days], champion.rehearsals[days]
        day = max(ours.trained_as_of, theirs.trained_as_of)
        # Returns are asked of the churn window, spend of the longest window that both rehearsed.
        asked_of: dict[Subject, int] = {"churn": window, "value": shared[-1]}
        subjects = [subject for subject, of in asked_of.items() if of == days]
        if day + timedelta(days=days) <= until:
            met = meet(past, "rehearsed", day, days, ours, theirs)
            if met is not None:
                bouts += [bout for bout in bouts_of(met, past.seed) if SUBJECT[bout.metric] in subjects]
                grades += grades_of(past, met, subjects)
    if not bouts:
        notes.append("No past window has a forecast of both that knew nothing of it.")
    day = min(challenger.model.trained_as_of, until) - timedelta(days=window)
    met = meet(past, "registered", day, window, challenger.model, champion.model)
    if met is None:
        notes += _nothing(day, window)
    else:
        bouts += bouts_of(met, past.seed)
    return Contest(tuple(bouts), tuple(grades), tuple(notes))


def _nothing(as_of: date, window_days: int) -> tuple[str, ...]:
    return (
        f"Fewer than {LEAST_CUSTOMERS} customers were known on {as_of}, {window_days} days before the newest "
        "event: there is nothing to compare on.",
    )
