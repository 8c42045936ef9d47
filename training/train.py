"""A training: learn from the past, judge on a held-out past date, sort today's customers into drawers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from features.door.open import Shop
from features.plan import plan_features
from models.assignments import AssignmentRules, fit_assignments
from models.horizons import Horizons
from models.segments import learn_rfm
from models.standing import asked
from models.tenure_model import TenureModel
from training.grade import Grade, judge_past
from training.learn import Tell, learn
from training.papers import write_papers
from training.past import Past
from training.reference import take_reference


@dataclass(frozen=True)
class TrainingResult:
    """A finished training. `judged` is what the recipe had said on a past date, beside what happened.

    `judged` has one row per customer of that date: `customer_id, returned, p_return, spend, clv, clv_low,
    clv_high`; it is empty where no past date could be held out. `papers` stay with the version for those who
    judge it later.
    """

    model: TenureModel
    grade: Grade
    judged: pd.DataFrame
    papers: Mapping[str, str]


def train(
    shop: Shop,
    as_of: date,
    horizons: Horizons,
    rules: AssignmentRules,
    attributes: Sequence[str],
    seed: int,
    tell: Tell,
) -> TrainingResult:
    """The shop's model as of a date, which knows nothing at or after it, and how far it can be believed."""
    past = Past(shop, seed)
    plan = plan_features(past.shop, as_of, horizons.churn_window_days, attributes)
    model = learn(past, as_of, plan, horizons, tell)
    judgement = judge_past(past, as_of, horizons, attributes, tell)
    today = past.state(as_of, plan).features
    scored = asked(today, horizons.churn_window_days)
    those = today[scored].reset_index(drop=True) if scored.any() else today
    # Segments are of all customers, those with a score and those without.
    assignments = fit_assignments(those, model.answer(those, as_of), rules)
    assignments = assignments.model_copy(update={"rfm": learn_rfm(today)})
    grade = judgement.grade
    graded = replace(
        model,
        assignments=assignments,
        metrics=grade.metrics,
        grade=grade.to_json(),
        evidence=judgement.evidence,
    )
    papers = write_papers(take_reference(past, graded), past.rehearsals.values())
    return TrainingResult(graded, grade, judgement.judged, papers)
