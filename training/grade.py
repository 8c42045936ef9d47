"""A grade that people understand: A beats the best simple guess on a past date, B equals it, C does not."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from models.cells import Floats
from models.horizons import Horizons
from training import metrics
from training.bootstrap import DatedForecasts, Metric, Verdict, compare
from training.evidence import gather_evidence
from training.held_out import TOO_LITTLE, HeldOut, hold_out
from training.learn import Tell
from training.past import Past
from training.peers import OURS, PeerForecast, PeerView, simple_peers_of
from training.question import Question

LONGEST_LIST = 500

Letter = Literal["A", "B", "C"]


@dataclass(frozen=True)
class Grade:
    """Letters for churn and for value, None where there is too little data; sentences say why, with numbers."""

    churn: Letter | None
    churn_sentence: str
    value: Letter | None
    value_sentence: str
    metrics: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: value for name, value in asdict(self).items() if name != "metrics"}


@dataclass(frozen=True)
class Judgement:
    """The grade, the judged rows of the churn window, and the evidence that a model version carries.

    Without rows and evidence where no churn window could be held out.
    """

    grade: Grade
    judged: pd.DataFrame
    evidence: dict[str, Any] | None


def judge_past(
    past: Past, as_of: date, horizons: Horizons, attributes: Sequence[str], tell: Tell
) -> Judgement:
    """Hold out the last churn window, and the last CLV horizon where it fits; grade both."""
    near = hold_out(past, as_of, horizons.churn_window_days, attributes, tell)
    far = near
    if horizons.clv_horizon_days != horizons.churn_window_days:
        far = hold_out(past, as_of, horizons.clv_horizon_days, attributes, tell)
    grade = grade_held(near, far)
    if isinstance(near, str):
        return Judgement(grade, pd.DataFrame(), None)
    return Judgement(grade, near.judged, gather_evidence(near, _ask_simple(near.view)))


def grade_held(near: HeldOut | str, far: HeldOut | str) -> Grade:
    """The grade of what was held out, of a churn window and of a CLV horizon; a sentence where it was not."""
    churn, churn_sentence = (None, near) if isinstance(near, str) else _grade_churn(near)
    value, value_sentence = _grade_value_somewhere(near, far)
    measured: dict[str, float] = {}
    if not isinstance(near, str):
        judged = near.judged
        measured |= metrics.churn_metrics(
            judged["returned"].to_numpy(float), judged["p_return"].to_numpy(float)
        )
    judged_value = near if isinstance(far, str) else far
    if not isinstance(judged_value, str):
        measured |= _value_metrics(judged_value.judged)
    known = {name: number for name, number in measured.items() if np.isfinite(number)}
    return Grade(churn, churn_sentence, value, value_sentence, known)


def letter_for_returns(view: PeerView, returned: Floats, p_return: Floats) -> Letter:
    """By log loss and ROC AUC against the best simple peer: A where one is better, C where one is worse."""
    forecasts = {name: answer.p_return for name, answer in _ask_simple(view).items()} | {OURS: p_return}
    return _letter(
        _verdict(view, forecasts, returned, metrics.log_loss, False),
        _verdict(view, forecasts, returned, metrics.roc_auc, True),
    )


def letter_for_spend(view: PeerView, spend: Floats, clv: Floats) -> Letter | None:
    """By normalized Gini: how well customers are ranked by what they then spent; None where that was nothing."""
    if spend.sum() <= 0:
        return None
    forecasts = {name: answer.spend for name, answer in _ask_simple(view).items()} | {OURS: clv}
    return _letter(_verdict(view, forecasts, spend, metrics.normalized_gini, True))


def _value_metrics(judged: pd.DataFrame) -> dict[str, float]:
    spend, clv, median, low, high = (
        judged[name].to_numpy(float) for name in ("spend", "clv", "clv_median", "clv_low", "clv_high")
    )
    return metrics.value_metrics(spend, clv) | {
        "mae_of_median": metrics.mean_absolute_error(spend, median),
        "share_above_high": metrics.share_above_high(spend, high),
        "share_below_low": metrics.share_below_low(spend, low),
    }


def _grade_churn(held: HeldOut) -> tuple[Letter, str]:
    returned, p_return = (held.judged[name].to_numpy(float) for name in ("returned", "p_return"))
    churned = 1 - returned
    listed = max(1, min(LONGEST_LIST, len(churned) // 10))
    ours = _found(churned, 1 - p_return, listed)
    asked = Question.of(held.view.features)
    simple = asked.silence
    sentence = (
        f"Of the {listed:,} customers it would have put on the list of {held.as_of}, {ours:,.0f} did not "
        f"{asked.did} within {held.window_days} days; picking by {asked.by} finds "
        f"{_found(churned, simple, listed):,.0f}, picking at random {listed * churned.mean():,.0f}. Of two customers "
        f"of whom one {asked.done}, it names the right one {metrics.roc_auc(returned, p_return):.1%} of the time, "
        f"{asked.by} {metrics.roc_auc(churned, simple):.1%}."
    )
    return letter_for_returns(held.view, returned, p_return), sentence


def _grade_value_somewhere(near: HeldOut | str, far: HeldOut | str) -> tuple[Letter | None, str]:
    """Over the CLV horizon; over the churn window where no horizon could be held out."""
    if not isinstance(far, str):
        return _grade_value(far)
    if isinstance(near, str):
        return None, far
    letter, sentence = _grade_value(near)
    why = far.removeprefix(TOO_LITTLE)
    return letter, f"{sentence} Judged over {near.window_days} days instead of the CLV horizon: {why}"


def _grade_value(held: HeldOut) -> tuple[Letter | None, str]:
    spend, clv = (held.judged[name].to_numpy(float) for name in ("spend", "clv"))
    letter = letter_for_spend(held.view, spend, clv)
    if letter is None:
        return None, (
            f"{TOO_LITTLE}the {len(held.judged):,} customers known on {held.as_of} spent nothing in "
            f"the next {held.window_days} days, refunds taken off."
        )
    listed = max(1, min(LONGEST_LIST, len(spend) // 10))
    total = max(float(spend.sum()), 1e-9)
    ours, theirs = (
        _found(spend, ranking, listed) / total
        for ranking in (clv, held.view.features[f"spend_{held.window_days}d"].to_numpy(float))
    )
    sentence = (
        f"The {listed:,} customers it would have called the most valuable on {held.as_of} brought {ours:.0%} of the "
        f"spend of the next {held.window_days} days; those who had spent most in the {held.window_days} days "
        f"before brought {theirs:.0%}."
    )
    return letter, sentence


def _ask_simple(view: PeerView) -> dict[str, PeerForecast]:
    return {name: ask(view) for name, ask in simple_peers_of(view).items()}


def _verdict(
    view: PeerView, forecasts: dict[str, Floats], actual: Floats, metric: Metric, larger_is_better: bool
) -> Verdict:
    """Against the simple peer that did best, chosen after the fact."""
    dated = DatedForecasts(np.arange(len(actual)), actual, forecasts)
    scores = {name: metric(actual, said) for name, said in forecasts.items() if name != OURS}
    best = (max if larger_is_better else min)(scores, key=lambda name: scores[name])
    return compare([dated], OURS, [best], metric, view.seed)[best].verdict(larger_is_better)


def _letter(*verdicts: Verdict) -> Letter:
    if "worse" in verdicts:
        return "C"
    return "A" if "better" in verdicts else "B"


def _found(amount: Floats, ranking: Floats, listed: int) -> float:
    """The sum of `amount` over the `listed` ranked highest; those tied at the edge enter with their mean."""
    edge = np.sort(ranking)[::-1][listed - 1]
    above, tied = ranking > edge, ranking == edge
    return float(amount[above].sum() + (listed - above.sum()) * amount[tied].mean())
