"""Is the model still good for this shop? Drift, fresh data, and how its scores really did, as reasons in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from models.tenure_model import TenureModel
from training.aftermath import Aftermath, Served, look_after
from training.course import LEAST_DAYS, Course, measure_courses
from training.drift import Drift, measure_drift
from training.past import Past
from training.reference import LEAST_CUSTOMERS, Reference, observe

MOST_DRIFTED = 0.3
"""Of the features, counted or weighed by their part in the answers: a few always move."""

NOTHING_OVER = "No window has closed since a champion was trained: how scores really did cannot be told yet."
NOTHING_TO_TELL = "The scores whose window is over are of too few customers to tell how they did."


@dataclass(frozen=True)
class Patience:
    """How long one waits: for new data, and with the oldest model that needs no reason to be replaced."""

    stale_data_days: int
    retrain_after_days: int


@dataclass(frozen=True)
class Health:
    """What was found as of a day about the version that answers.

    `newest` is the last day with an event, by table. `reasons` are sentences; retraining is due where there are
    any. `notes` say what could not be measured.
    """

    as_of: date
    version: str
    age_days: int
    newest: dict[str, date]
    drifts: tuple[Drift, ...]
    courses: tuple[Course, ...]
    aftermaths: tuple[Aftermath, ...]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def is_due(self) -> bool:
        """Whether the model should be trained again."""
        return bool(self.reasons)

    @property
    def drifted_share(self) -> float:
        """The share of the watched features that have drifted."""
        features = [drift for drift in self.drifts if not drift.is_answer]
        return sum(drift.has_drifted for drift in features) / max(len(features), 1)

    @property
    def drifted_importance(self) -> float:
        """The part of the churn answers that rests on features that have drifted."""
        return sum(drift.importance for drift in self.drifts if drift.has_drifted)


def examine(
    past: Past,
    as_of: date,
    today: date,
    model: TenureModel,
    version: str,
    reference: Reference | None,
    served: Sequence[Served],
    patience: Patience,
) -> Health:
    """The health of a version as of a day, the first on which nothing more is known; `today` is the calendar's.

    `served` are batches whose window is over, the newest first.
    """
    age = (as_of - model.trained_as_of).days
    newest = _newest(past, as_of)
    drifts, notes = _drifts(past, as_of, model, reference, age)
    courses = _courses(past, model, age)
    found = [look_after(past, batch) for batch in served]
    aftermaths = tuple(aftermath for aftermath in found if aftermath is not None)
    if not aftermaths:
        notes += (NOTHING_TO_TELL if served else NOTHING_OVER,)
    health = Health(as_of, version, age, newest, drifts, courses, aftermaths, (), notes)
    reasons = (
        *_of_data(newest, today, patience),
        *_of_age(version, age, patience),
        *_of_drift(health),
        *_of_courses(courses, {} if reference is None else reference.courses),
        *_of_scores(aftermaths),
    )
    return replace(health, reasons=reasons)


def _newest(past: Past, as_of: date) -> dict[str, date]:
    tables = {"purchases": past.shop.purchases, "interactions": past.shop.interactions}
    found = {}
    for name, table in tables.items():
        if table is not None:
            day = table.filter(table.day < as_of).day.max().to_pyarrow().as_py()
            if day is not None:
                found[name] = day
    return found


def _drifts(
    past: Past, as_of: date, model: TenureModel, reference: Reference | None, age: int
) -> tuple[tuple[Drift, ...], tuple[str, ...]]:
    if reference is None:
        return (), ("Drift cannot be measured: the version was registered without a reference.",)
    now = observe(past, model, as_of)
    if min(len(now), reference.customers) < LEAST_CUSTOMERS:
        return (), (
            f"Drift is not measured: {reference.customers:,} customers at training and {len(now):,} now are "
            f"fewer than {LEAST_CUSTOMERS}, and chance would explain anything.",
        )
    return measure_drift(reference, now, max(age, 0)), ()


def _courses(past: Past, model: TenureModel, age: int) -> tuple[Course, ...]:
    """What those known at training did since. Their features are built again: no row of theirs was kept."""
    if age < LEAST_DAYS:
        return ()
    known = past.features(model.trained_as_of, model.plan)
    return measure_courses(known, past.labels(model.trained_as_of, age), model.purchases, age)


def _of_data(newest: dict[str, date], today: date, patience: Patience) -> list[str]:
    # Events of a day come in after it ends, so the day before today is as fresh as can be.
    return [
        f"{table}: the newest is of {day}, {(today - day).days - 1} days before {today - timedelta(days=1)}, "
        f"and {patience.stale_data_days} are allowed: new data does not arrive. Mend that before training again"
        for table, day in newest.items()
        if (today - day).days - 1 > patience.stale_data_days
    ]


def _of_age(version: str, age: int, patience: Patience) -> list[str]:
    if age <= patience.retrain_after_days:
        return []
    return [f"version {version} was trained {age} days ago, and {patience.retrain_after_days} are allowed"]


def _of_drift(health: Health) -> list[str]:
    reasons = [
        f"the answers have moved: {drift.name} is {drift.distance:.2f} away from training "
        f"(Jensen-Shannon distance; {drift.allowed:.2f} is chance and the usual course; PSI {drift.psi:.2f})"
        for drift in health.drifts
        if drift.is_answer and drift.has_drifted
    ]
    share, weighed = health.drifted_share, health.drifted_importance
    if max(share, weighed) > MOST_DRIFTED:
        drifted = [drift for drift in health.drifts if drift.has_drifted and not drift.is_answer]
        furthest = sorted(drifted, key=lambda drift: drift.allowed - drift.distance)
        names = ", ".join(f"{drift.name} ({drift.distance:.2f})" for drift in furthest[:3])
        reasons.append(
            f"the customers have moved: {len(drifted)} features ({share:.0%} of them, on which {weighed:.0%} of "
            f"the churn answers rest) are further from training than chance and the usual course, first {names}"
        )
    return reasons


def _of_courses(courses: Sequence[Course], usual: Mapping[str, Mapping[int, float]]) -> list[str]:
    reasons = []
    for course in courses:
        ratios = usual.get(course.name, {})
        if course.strays(ratios):
            low, high = course.allowed(ratios)
            reasons.append(
                f"the shop has changed its course: in the {course.days} days since training the {course.name} of "
                f"its customers was {course.ratio:.2f} times what was expected "
                f"({course.actual:,.0f} against {course.expected:,.0f}; {low:.2f} to {high:.2f} is chance and "
                "the usual course)"
            )
    return reasons


def _of_scores(aftermaths: Sequence[Aftermath]) -> list[str]:
    """Of the newest batch whose window is over: what is mended since must not be told for ever."""
    return list(aftermaths[0].complaints) if aftermaths else []
