"""The backtest: Tenure beside its peers on the shop's own past, on each date knowing what was known then."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from features.churn_window import backtest_dates
from features.errors import DataError
from features.shop import Shop
from models.horizons import Horizons
from training.grade import Grade, grade_held
from training.held_out import HeldOut, hold_out
from training.hindsight import Hindsight, look_back
from training.judgement import judge_churn, judge_value
from training.learn import Tell
from training.past import Past
from training.verdicts import CHURN, VALUE, Comparison, compare_with_best

STEPS = 4
"""What is told of one date while it is worked on: three steps of learning, then the peers."""


@dataclass(frozen=True)
class Backtest:
    """What every forecaster said and what then happened.

    `churn` and `value` hold the metrics, one row per date and forecaster; the hindsights are what they are
    made of: of the churn window first, then of the value horizon, the newest date first. `grade` is that of
    the newest dates. `notes` are sentences on what was left out.
    """

    as_of: date
    seed: int
    churn_window_days: int
    value_horizon_days: int
    churn: pd.DataFrame
    value: pd.DataFrame
    churn_verdicts: tuple[Comparison, ...]
    value_verdicts: tuple[Comparison, ...]
    churn_hindsights: tuple[Hindsight, ...]
    value_hindsights: tuple[Hindsight, ...]
    grade: Grade
    notes: tuple[str, ...]


def backtest(
    shop: Shop,
    as_of: date,
    horizons: Horizons,
    attributes: tuple[str, ...],
    seed: int,
    most_dates: int,
    tell: Tell,
) -> Backtest:
    """Test on the past dates that fit before `as_of`, at most `most_dates` for each question, newest first.

    Value is tested over the CLV horizon where such a window fits into the past, else over the churn window.
    Raises DataError, with the numbers, when no date fits.
    """
    past = Past(shop, seed)
    first_day = past.first_day() or as_of
    h, horizon = horizons.churn_window_days, horizons.clv_horizon_days
    churn_dates, notes = choose_dates(first_day, as_of, h, most_dates)
    if not churn_dates:
        raise DataError(_nothing_fits(first_day, as_of, h))
    value_dates = churn_dates
    if horizon != h:
        value_dates, older = choose_dates(first_day, as_of, horizon, most_dates)
        notes += older
    unfit: HeldOut | str | None = None
    if not value_dates:
        unfit = hold_out(past, as_of, horizon, attributes, lambda *_: None)
        notes.append(
            f"No past window of {horizon} days fits into the history: value is tested over {h} days."
        )
        horizon, value_dates = h, churn_dates
    held, found = _try(past, _jobs(churn_dates, h, value_dates, horizon), attributes, tell)
    notes += [f"{day}: {why}" for (day, _), why in held.items() if isinstance(why, str)]
    newest = held[churn_dates[0], h], unfit or held[value_dates[0], horizon]
    near = tuple(found[day, h] for day in churn_dates if (day, h) in found)
    far = tuple(found[day, horizon] for day in value_dates if (day, horizon) in found)
    if not near:
        raise DataError("No past date can be tested. " + " ".join(notes))
    if not far:
        horizon, far = h, near
    return Backtest(
        as_of=as_of,
        seed=seed,
        churn_window_days=h,
        value_horizon_days=horizon,
        churn=pd.concat([judge_churn(hindsight) for hindsight in near], ignore_index=True),
        value=pd.concat([judge_value(hindsight) for hindsight in far], ignore_index=True),
        churn_verdicts=compare_with_best(near, CHURN, seed),
        value_verdicts=compare_with_best(far, VALUE, seed),
        churn_hindsights=near,
        value_hindsights=far,
        grade=grade_held(*newest),
        notes=tuple(notes),
    )


def choose_dates(
    first_day: date, as_of: date, window_days: int, most: int
) -> tuple[tuple[date, ...], list[str]]:
    """The newest dates that fit before `as_of`, a window apart, and a sentence on the older ones that fit too."""
    fitting = backtest_dates(first_day, as_of, window_days)
    older = fitting[most:]
    if not older:
        return fitting, []
    return fitting[:most], [
        f"For windows of {window_days} days the newest {most} of {len(fitting)} past dates that fit were tested, "
        f"to end in good time; --dates {len(fitting)} adds {', '.join(map(str, older))}."
    ]


def _jobs(
    churn_dates: tuple[date, ...], h: int, value_dates: tuple[date, ...], horizon: int
) -> list[tuple[date, int]]:
    jobs = [(day, h) for day in churn_dates]
    return jobs + [(day, horizon) for day in value_dates if (day, horizon) not in jobs]


def _try(
    past: Past, jobs: list[tuple[date, int]], attributes: tuple[str, ...], tell: Tell
) -> tuple[dict[tuple[date, int], HeldOut | str], dict[tuple[date, int], Hindsight]]:
    """Each date and window held out, and looked back on where it could be."""
    held: dict[tuple[date, int], HeldOut | str] = {}
    found: dict[tuple[date, int], Hindsight] = {}
    total = STEPS * len(jobs) + 1
    for number, (day, window) in enumerate(jobs):
        before = STEPS * number

        def learning(done: int, _: int, what: str, before: int = before, day: date = day) -> None:
            tell(before + done, total, f"{day}, {what}")

        tell(before, total, f"{day}, what was known")
        one = hold_out(past, day + timedelta(days=window), window, attributes, learning)
        held[day, window] = one
        if isinstance(one, HeldOut):
            tell(before + STEPS - 1, total, f"{day}, peers")
            found[day, window] = look_back(past, one)
    tell(total - 1, total, "comparing")
    return held, found


def _nothing_fits(first_day: date, as_of: date, window_days: int) -> str:
    return (
        f"No past date can be tested: that needs a window of {window_days} days, another one before it to learn "
        f"from and some history before that, and the purchases span {(as_of - first_day).days} days "
        f"({first_day} to {as_of}). A shorter churn_window_days needs less."
    )
