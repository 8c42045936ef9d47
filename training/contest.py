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
paired bootstrap over customers.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from models.standing import asked
from models.tenure_model import TenureModel
from training import metrics
from training.bootstrap import DatedForecasts, Difference, Metric, Verdict, compare
from training.past import Past

How = Literal["unseen", "rehearsed", "registered"]

LEAST_CUSTOMERS = 30
DECIDES: tuple[tuple[str, str, str, Metric, bool], ...] = (
    ("log_loss", "returned", "p_return", metrics.log_loss, False),
    ("roc_auc", "returned", "p_return", metrics.roc_auc, True),
    ("normalized_gini", "spend", "clv", metrics.normalized_gini, True),
)
WORDS: dict[How, str] = {
    "unseen": "on a window that neither had seen",
    "rehearsed": "as the same recipes had forecast it then",
    "registered": "on a window that the challenger learned from",
}


@dataclass(frozen=True)
class Contender:
    """A version, its model, and its rehearsals by the days of their window."""

    version: str
    model: TenureModel
    rehearsals: dict[int, TenureModel]


@dataclass(frozen=True)
class Bout:
    """One metric of one meeting; `difference` is the challenger's minus the champion's."""

    how: How
    as_of: date
    window_days: int
    customers: int
    metric: str
    challenger: float
    champion: float
    difference: Difference
    word: Verdict

    def sentence(self) -> str:
        """The bout for a person."""
        said = self.difference.sentence(self.challenger, self.word, f"the champion's {self.champion:.4f}")
        return (
            f"{self.metric} of {self.customers:,} customers from {self.as_of} on, {self.window_days} days, "
            f"{WORDS[self.how]}: {said}"
        )


@dataclass(frozen=True)
class Contest:
    """All bouts, and sentences on what could not be compared."""

    bouts: tuple[Bout, ...]
    notes: tuple[str, ...]

    @property
    def is_proof(self) -> bool:
        """Whether they met where neither had seen what followed."""
        return any(bout.how != "registered" for bout in self.bouts)

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
        met = _meet(past, "unseen", newest, window, challenger.model, champion.model)
        return Contest(met, _nothing(newest, window) if not met else ())
    bouts: list[Bout] = []
    notes: list[str] = []
    shared = sorted(challenger.rehearsals.keys() & champion.rehearsals.keys())
    for days in shared:
        ours, theirs = challenger.rehearsals[days], champion.rehearsals[days]
        day = max(ours.trained_as_of, theirs.trained_as_of)
        # Returns are asked of the churn window, spend of the longest window that both rehearsed.
        asked = {"log_loss", "roc_auc"} if days == window else set()
        asked |= {"normalized_gini"} if days == shared[-1] else set()
        if day + timedelta(days=days) <= until:
            met = _meet(past, "rehearsed", day, days, ours, theirs)
            bouts += [bout for bout in met if bout.metric in asked]
    if not bouts:
        notes.append("No past window has a forecast of both that knew nothing of it.")
    day = min(challenger.model.trained_as_of, until) - timedelta(days=window)
    met = _meet(past, "registered", day, window, challenger.model, champion.model)
    notes += _nothing(day, window) if not met else ()
    return Contest((*bouts, *met), tuple(notes))


def _meet(
    past: Past, how: How, as_of: date, window_days: int, challenger: TenureModel, champion: TenureModel
) -> tuple[Bout, ...]:
    """What both say of the customers known on a date; nothing where they are too few."""
    first_day = past.first_day()
    if first_day is None or first_day >= as_of:
        return ()
    labels = past.labels(as_of, window_days)
    if len(labels) < LEAST_CUSTOMERS:
        return ()
    returned = np.where(labels["purchase_days"] > 0, 1.0, 0.0)
    known = labels[["customer_id"]].assign(returned=returned, spend=labels["spend"].astype(float))
    both = known.merge(
        _forecast(past, challenger, as_of, window_days), on="customer_id", validate="one_to_one"
    ).merge(
        _forecast(past, champion, as_of, window_days),
        on="customer_id",
        validate="one_to_one",
        suffixes=("_challenger", "_champion"),
    )
    bouts = []
    for name, actual, answer, metric, larger_is_better in DECIDES:
        happened = both[actual].to_numpy(dtype=float)
        said = {who: both[f"{answer}_{who}"].to_numpy(dtype=float) for who in ("challenger", "champion")}
        ours, theirs = (metric(happened, said[who]) for who in ("challenger", "champion"))
        if not np.isfinite([ours, theirs]).all():
            continue
        dated = DatedForecasts(np.arange(len(both)), happened, said)
        difference = compare([dated], "challenger", ["champion"], metric, past.seed)["champion"]
        word = difference.verdict(larger_is_better)
        bouts.append(Bout(how, as_of, window_days, len(both), name, ours, theirs, difference, word))
    return tuple(bouts)


def _forecast(past: Past, model: TenureModel, as_of: date, window_days: int) -> pd.DataFrame:
    """By customer: the chance to return, and the value; from the features of the model's own plan.

    Of customers about whom the window decides something: all, but in a shop of contracts.
    """
    features = past.features(as_of, model.plan)
    answers = model.answer(features[asked(features, window_days)].reset_index(drop=True), as_of)
    return answers[["customer_id", "clv"]].assign(p_return=1 - answers["churn_probability"])


def _nothing(as_of: date, window_days: int) -> tuple[str, ...]:
    return (
        f"Fewer than {LEAST_CUSTOMERS} customers were known on {as_of}, {window_days} days before the newest "
        "event: there is nothing to compare on.",
    )
