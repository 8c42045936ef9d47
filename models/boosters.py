"""LightGBM as Tenure uses it: small random trees, two seeds, the same digits every time, text on disk."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from models.cells import Floats
from models.tree_scores import TreeScores, tabulate_scores
from models.tree_shares import TreeShares, tabulate

FEW_ROWS = 16  # for so few, threads take longer to start than they save
MANY_ROWS = 4096  # for so many, writing the tables of the trees costs less than it saves
TREES = 125
SETTINGS: dict[str, Any] = {
    "learning_rate": 0.08,
    "max_bin": 63,
    "num_leaves": 12,
    "extra_trees": True,
    "lambda_l2": 10.0,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    "path_smooth": 10.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,  # members run side by side: threads inside one wait for each other on a busy machine
    "verbosity": -1,
}


@dataclass(frozen=True)
class Boosters:
    """Boosters of one objective that differ in their seed only; their raw scores are averaged."""

    columns: tuple[str, ...]
    members: tuple[lightgbm.Booster, ...]

    def raw_score(self, matrix: pd.DataFrame) -> Floats:
        """The mean raw score (logit or log, by objective) of each row."""
        cells = self._cells(matrix)
        if len(cells) >= MANY_ROWS and self._scores is not None:
            return np.asarray(np.mean(self._scores.raw_scores(cells), axis=0))
        return self._mean(cells, raw_score=True)

    def contributions(self, matrix: pd.DataFrame) -> Floats:
        """TreeSHAP: one column per matrix column, a last one for the mean; rows sum to `raw_score`."""
        cells = self._cells(matrix)
        if len(cells) >= MANY_ROWS and self._shares is not None:
            return self._shares.contributions(cells)
        return self._mean(cells, pred_contrib=True)

    def _mean(self, cells: Floats, **wanted: bool) -> Floats:
        def predict(member: lightgbm.Booster) -> Floats:
            return np.asarray(member.predict(cells, num_threads=1, **wanted))

        if len(cells) <= FEW_ROWS:
            return np.asarray(np.mean([predict(member) for member in self.members], axis=0))
        return np.asarray(np.mean(_side_by_side(predict, self.members), axis=0))

    def _cells(self, matrix: pd.DataFrame) -> Floats:
        if tuple(matrix.columns) != self.columns:
            matrix = matrix[list(self.columns)]
        return matrix.to_numpy(dtype=float)

    @cached_property
    def _scores(self) -> TreeScores | None:
        return tabulate_scores(self.members)

    @cached_property
    def _shares(self) -> TreeShares | None:
        return tabulate(self.members)

    def to_texts(self) -> list[str]:
        """Each booster in LightGBM's text format."""
        return [member.model_to_string(num_iteration=-1) for member in self.members]

    @classmethod
    def from_texts(cls, columns: Sequence[str], texts: Sequence[str]) -> "Boosters":
        """The boosters that `to_texts` wrote. A damaged text can end the process: check its digest first."""
        return cls(tuple(columns), tuple(lightgbm.Booster(model_str=text) for text in texts))


def fit_boosters(
    matrix: pd.DataFrame,
    target: Floats,
    weight: Floats,
    objective: dict[str, Any],
    seeds: Sequence[int],
    offset: Floats | None,
) -> Boosters:
    """Boosters of `target`, started from `offset` (a raw score) where one is given."""
    settings = SETTINGS | objective | {"min_data_in_leaf": int(np.clip(len(matrix) / 200, 10, 200))}
    cells = matrix.to_numpy(dtype=float)

    def fit(seed: int) -> lightgbm.Booster:
        rows = lightgbm.Dataset(cells, label=target, weight=weight, init_score=offset, params=settings)
        return lightgbm.train(settings | {"seed": seed}, rows, num_boost_round=TREES)

    return Boosters(tuple(matrix.columns), tuple(_side_by_side(fit, seeds)))


def _side_by_side(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """The results in the order of the items; LightGBM leaves Python's lock alone while it works."""
    with ThreadPoolExecutor(max_workers=len(items)) as pool:
        return list(pool.map(work, items))
