"""P(return) in one window: the purchase models' answer, corrected by a linear model and by boosted trees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.boosters import Boosters, fit_boosters
from models.cells import Floats
from models.linear import Ridge, fit_ridge_logistic
from models.matrix import linear_inputs

PENALTY_OF_ALL = 50_000.0  # over the customers that the rows tell of: a small shop is held firmly
LEAST_PENALTY, MOST_PENALTY = 1.0, 100.0
FULL_TRUST_EVENTS = 150.0
FURTHEST_LOGIT = 12.0  # P = 6e-6: nobody's return is certain, nor that they are gone
BASELINE = "baseline"


@dataclass(frozen=True)
class LearnedReturns:
    """The two corrections and their shares: `share` of both together, `booster_share` of the trees in it."""

    ridge: Ridge
    boosters: Boosters
    booster_share: float
    share: float


@dataclass(frozen=True)
class ReturnModel:
    """P(at least one purchase in the window); the purchase models alone where nothing could be learned.

    `season` is added to every logit: what the same season of earlier years was off by.
    """

    churn_window_days: int
    learned: LearnedReturns | None
    season: float = 0.0

    def logit(self, matrix: pd.DataFrame) -> Floats:
        """The logit of P(return) of each row of a matrix whose outlook is for this model's window."""
        btyd = matrix["btyd_logit"].to_numpy(dtype=float)
        if self.learned is None:
            return never_furthest(btyd + self.season)
        learned = self.learned
        linear = learned.ridge.predictor(linear_inputs(matrix, self.churn_window_days), btyd)
        trees = learned.boosters.raw_score(matrix)
        both = learned.booster_share * trees + (1 - learned.booster_share) * linear
        return never_furthest(learned.share * both + (1 - learned.share) * btyd + self.season)

    def contributions(
        self, matrix: pd.DataFrame, history: pd.DataFrame, logit: Floats | None = None
    ) -> pd.DataFrame:
        """What each column of the matrix adds to the logit of *churning*, and a last column `baseline`.

        TreeSHAP of the boosters, the terms of the linear model and the purchase models' logit, weighted as in
        `logit`: a row sums to minus its logit. `history` shares the purchase models' logit among columns of
        the matrix and `baseline`. `logit` is what `logit(matrix)` answers, where that is known already.
        """
        place = {name: number for number, name in enumerate((*matrix.columns, BASELINE))}
        added = np.zeros((len(matrix), len(place)), order="F")

        def add(columns: Iterable[str], terms: Floats) -> None:
            for number, name in enumerate(columns):
                added[:, place[name]] += terms[:, number]

        if self.learned is None:
            add(history.columns, history.to_numpy(dtype=float))
        else:
            learned = self.learned
            trees = learned.boosters.contributions(matrix)
            trees *= learned.share * learned.booster_share
            add((*learned.boosters.columns, BASELINE), trees)
            linear_share = learned.share * (1 - learned.booster_share)
            inputs = linear_inputs(matrix, self.churn_window_days)
            add(learned.ridge.columns, linear_share * learned.ridge.contributions(inputs))
            added[:, -1] += linear_share * learned.ridge.intercept
            add(history.columns, (linear_share + 1 - learned.share) * history.to_numpy(dtype=float))
        # The season is everybody's; and where the logit was cut off at its furthest, the baseline takes the rest.
        added[:, -1] += (self.logit(matrix) if logit is None else logit) - added.sum(axis=1)
        np.negative(added, out=added)
        return pd.DataFrame(added, matrix.index, list(place), copy=False)


def never_furthest(logit: Floats) -> Floats:
    """Logits cut off where a probability would be as good as certain."""
    return np.asarray(np.clip(logit, -FURTHEST_LOGIT, FURTHEST_LOGIT))


def fit_returns(
    matrix: pd.DataFrame,
    returned: Floats,
    weight: Floats,
    for_trees: npt.NDArray[np.bool_],
    booster_share: float,
    churn_window_days: int,
    seeds: Sequence[int],
) -> ReturnModel:
    """Learn from past rows, all of them with their own window's outlook; `returned` is 0 or 1.

    The trees see the rows `for_trees` alone: unlike a line, they would learn each length of window apart.

    The fewer events of the rarer kind there are, the more of the answer stays with the purchase models.
    """
    events = rarer_events(returned, weight)
    if events <= 0:
        return ReturnModel(churn_window_days, None)
    btyd = matrix["btyd_logit"].to_numpy(dtype=float)
    inputs = linear_inputs(matrix, churn_window_days)
    return ReturnModel(
        churn_window_days,
        LearnedReturns(
            fit_ridge_logistic(inputs, btyd, returned, weight, _penalty(weight)),
            fit_boosters(
                matrix[for_trees],
                returned[for_trees],
                weight[for_trees],
                {"objective": "binary"},
                seeds,
                None,
            ),
            booster_share,
            events / (events + FULL_TRUST_EVENTS),
        ),
    )


def rarer_events(returned: Floats, weight: Floats) -> float:
    """The weighted count of returns, or of customers who did not return, whichever is less."""
    happened = float(weight @ returned)
    return min(happened, float(weight.sum()) - happened)


def _penalty(weight: Floats) -> float:
    return float(np.clip(PENALTY_OF_ALL / weight.sum(), LEAST_PENALTY, MOST_PENALTY))
