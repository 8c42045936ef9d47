"""One metric of one meeting of two models: is the challenger worse beyond noise?"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from training import metrics
from training.bootstrap import DatedForecasts, Difference, Metric, Verdict, compare
from training.meeting import How, Meeting

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


def bouts_of(met: Meeting, seed: int) -> tuple[Bout, ...]:
    """A bout for each metric that what happened can answer."""
    both, bouts = met.both, []
    for name, actual, answer, metric, larger_is_better in DECIDES:
        happened = both[actual].to_numpy(dtype=float)
        said = {who: both[f"{answer}_{who}"].to_numpy(dtype=float) for who in ("challenger", "champion")}
        ours, theirs = (metric(happened, said[who]) for who in ("challenger", "champion"))
        if not np.isfinite([ours, theirs]).all():
            continue
        dated = DatedForecasts(np.arange(len(both)), happened, said)
        difference = compare([dated], "challenger", ["champion"], metric, seed)["champion"]
        word = difference.verdict(larger_is_better)
        bouts.append(
            Bout(met.how, met.as_of, met.window_days, len(both), name, ours, theirs, difference, word)
        )
    return tuple(bouts)
