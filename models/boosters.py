"""LightGBM as Tenure uses it: small random trees, two seeds, the same digits every time, text on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from models.cells import Floats

TREES = 250
THREADS = 2
SETTINGS: dict[str, Any] = {
    "learning_rate": 0.04,
    "num_leaves": 12,
    "extra_trees": True,
    "lambda_l2": 10.0,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    "path_smooth": 10.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": THREADS,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Boosters:
    """Boosters of one objective that differ in their seed only; their raw scores are averaged."""

    columns: tuple[str, ...]
    members: tuple[lightgbm.Booster, ...]

    def raw_score(self, matrix: pd.DataFrame) -> Floats:
        """The mean raw score (logit or log, by objective) of each row."""
        cells = matrix[list(self.columns)].to_numpy(dtype=float)
        scores = [member.predict(cells, raw_score=True, num_threads=THREADS) for member in self.members]
        return np.asarray(np.mean(scores, axis=0))

    def contributions(self, matrix: pd.DataFrame) -> Floats:
        """TreeSHAP: one column per matrix column, a last one for the mean; rows sum to `raw_score`."""
        cells = matrix[list(self.columns)].to_numpy(dtype=float)
        parts = [member.predict(cells, pred_contrib=True, num_threads=THREADS) for member in self.members]
        return np.asarray(np.mean(parts, axis=0))

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
    rows = lightgbm.Dataset(
        matrix.to_numpy(dtype=float),
        label=target,
        weight=weight,
        init_score=offset,
        feature_name=[f"f{number}" for number in range(matrix.shape[1])],
        params=settings,
        free_raw_data=False,
    )
    members = tuple(lightgbm.train(settings | {"seed": seed}, rows, num_boost_round=TREES) for seed in seeds)
    return Boosters(tuple(matrix.columns), members)
