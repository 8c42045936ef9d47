"""What the customers looked like at training: the yardstick of a later drift, without a row of anybody.

Of every feature and of both answers: ten bins and the share of customers in each; and how far those shares
usually move in so many days, measured between past dates of the same shop. A shop that grows, ages or has
seasons moves all the time, and only what moves further than usual is a drift.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial.distance import jensenshannon

from features.catalog import describe
from models.cells import Floats
from models.matrix import SAME_FOR_ALL
from models.tenure_model import TenureModel
from training.course import measure_courses
from training.past import Past
from training.snapshots import LEAST_HISTORY_DAYS

ANSWERS = ("churn_probability", "clv")
BY_DEFINITION = (*SAME_FOR_ALL, "T", "days_since_sign_up")
"""Moved by the calendar alone, so their movement tells nothing."""

BINS = 10
MOST_CUSTOMERS = 20_000  # beyond, every second, third, ... customer stands for the others
EXPLAINED_CUSTOMERS = 1_000
LEAST_CUSTOMERS = 100


@dataclass(frozen=True)
class Distribution:
    """How one column was spread: `shares` of the bins that `edges` part, the last share of missing values.

    `usual` maps days to the distance that this column had moved over so many days before training.
    `importance` is the column's part in the churn answers, of 1 over all columns; 0 for the answers themselves.
    """

    name: str
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    usual: Mapping[int, float]
    importance: float

    def shares_of(self, values: Floats) -> Floats:
        """The shares of other values in the same bins."""
        return _shares(values, np.asarray(self.edges))


@dataclass(frozen=True)
class Reference:
    """The distributions of `customers` customers on the day of training.

    `courses` maps the names of courses and the days they took to their ratios on past dates.
    """

    as_of: date
    customers: int
    distributions: tuple[Distribution, ...]
    courses: Mapping[str, Mapping[int, float]]

    def to_json(self) -> str:
        """The reference as text; `from_json` gives it back."""
        stored = {
            "as_of": self.as_of.isoformat(),
            "customers": self.customers,
            "distributions": [asdict(distribution) for distribution in self.distributions],
            "courses": self.courses,
        }
        return json.dumps(stored, ensure_ascii=False, allow_nan=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Reference":
        """The reference that `to_json` wrote."""
        stored = json.loads(text)
        return cls(
            date.fromisoformat(stored["as_of"]),
            stored["customers"],
            tuple(
                Distribution(
                    entry["name"],
                    tuple(entry["edges"]),
                    tuple(entry["shares"]),
                    _by_days(entry["usual"]),
                    entry["importance"],
                )
                for entry in stored["distributions"]
            ),
            {name: _by_days(ratios) for name, ratios in stored["courses"].items()},
        )


def take_reference(past: Past, model: TenureModel) -> Reference:
    """The reference of a model just learned from this past."""
    today = observe(past, model, model.trained_as_of)
    first_day = past.first_day() or model.trained_as_of
    window = model.horizons.churn_window_days
    before: dict[int, pd.DataFrame] = {}
    courses: dict[str, dict[int, float]] = {}
    for lag in sorted({window // 4, window // 2, window, 2 * window} - {0}):  # dates that training has seen
        day = model.trained_as_of - timedelta(days=lag)
        if day >= first_day + timedelta(days=LEAST_HISTORY_DAYS):
            seen = observe(past, model, day)
            if len(seen) >= LEAST_CUSTOMERS:
                before[lag] = seen
                state = past.state(day, model.plan)
                for course in measure_courses(state.features, past.labels(day, lag), state.purchases, lag):
                    courses.setdefault(course.name, {})[lag] = course.ratio
    importance = _importance(past, model)
    distributions = []
    for name in today.columns:
        values = today[name].to_numpy(dtype=float)
        edges = _edges(values)
        shares = _shares(values, edges)
        usual = {
            lag: distance(_shares(seen[name].to_numpy(dtype=float), edges), shares)
            for lag, seen in before.items()
        }
        distributions.append(
            Distribution(
                name, tuple(edges.tolist()), tuple(shares.tolist()), usual, importance.get(name, 0.0)
            )
        )
    return Reference(model.trained_as_of, len(today), tuple(distributions), courses)


def observe(past: Past, model: TenureModel, as_of: date) -> pd.DataFrame:
    """The watched columns of the customers known on a date: the model's features, and its answers."""
    features = _thinned(past.features(as_of, model.plan), MOST_CUSTOMERS)
    names = [entry.name for entry in describe(model.plan) if entry.name not in BY_DEFINITION]
    answers = model.answer(features, as_of)[list(ANSWERS)]
    return pd.concat([features[names].astype(float), answers], axis=1)


def distance(shares: Floats, others: Floats) -> float:
    """Jensen-Shannon distance in bits: 0 for equal shares, 1 where no bin is shared."""
    # Rounding may leave a tiny negative divergence, whose root scipy gives as nan.
    return float(np.nan_to_num(jensenshannon(shares, others, base=2)))


def _by_days(stored: Mapping[str, float]) -> dict[int, float]:
    return {int(days): number for days, number in stored.items()}


def _edges(values: Floats) -> Floats:
    known = values[np.isfinite(values)]
    if not len(known):
        return np.empty(0)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="inverted_cdf"))
    lowest = float(edges[0])
    # Where many share the lowest value, what lies below it has a bin of its own.
    return np.unique([np.nextafter(lowest, -np.inf), *edges])


def _shares(values: Floats, edges: Floats) -> Floats:
    is_known: npt.NDArray[np.bool_] = np.isfinite(values)
    counts = np.bincount(np.searchsorted(edges, values[is_known]), minlength=len(edges) + 1)
    return np.append(counts, (~is_known).sum()) / max(len(values), 1)


def _importance(past: Past, model: TenureModel) -> dict[str, float]:
    """How far each column moves the churn answers from customer to customer, as a share of all columns."""
    features = _thinned(past.features(model.trained_as_of, model.plan), EXPLAINED_CUSTOMERS)
    if model.returns.learned is None:
        return {}
    added = model.contributions(features)
    moved = (added - added.mean()).abs().mean()
    moved = moved[[name for name in moved.index if name in features.columns]]
    total = float(moved.sum())
    return {str(name): float(part / total) for name, part in moved.items()} if total > 0 else {}


def _thinned(features: pd.DataFrame, most: int) -> pd.DataFrame:
    """Every n-th row, so that `most` are left; the rows come in the order of their ids."""
    return features.iloc[:: -(-len(features) // most) or 1].reset_index(drop=True)
