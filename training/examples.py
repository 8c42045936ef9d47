"""Past customers as rows to learn from: what was known of them, and what they then did."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import describe
from features.plan import FeaturePlan
from models.cells import Floats
from models.matrix import build_matrix
from models.standing import asked
from training.past import Past
from training.snapshots import Snapshot


@dataclass(frozen=True)
class Examples:
    """One row per customer and past date; `spend` is in mean purchase days of its date, never negative.

    `is_full` where the window is as long as the one asked about.
    """

    matrix: pd.DataFrame
    returned: Floats
    spend: Floats
    weight: Floats
    is_full: npt.NDArray[np.bool_]


def gather_examples(
    past: Past, plan: FeaturePlan, snapshots: tuple[Snapshot, ...], most_weight: float
) -> Examples | None:
    """The rows of all snapshots, each with the outlook for its own window.

    Weights sum to `most_weight` at most: the same customer stands in many rows, and they tell less than as many
    customers would. Customers of whom nothing is decided in a window are left out; None where all are.
    """
    catalogue = describe(plan)
    longest = max(snapshot.window_days for snapshot in snapshots)
    parts = []
    for snapshot in snapshots:
        state = past.state(snapshot.as_of, plan)
        decided = asked(state.features, snapshot.window_days)
        if not decided.any():
            continue
        features = state.features[decided]
        labels = past.labels(snapshot.as_of, snapshot.window_days)[decided]
        outlook = state.purchases.outlook(features, snapshot.window_days)
        parts.append(
            Examples(
                build_matrix(features, outlook, catalogue, state.scale),
                np.where(labels["purchase_days"] > 0, 1.0, 0.0),
                np.maximum(labels["spend"].to_numpy(dtype=float), 0.0) / state.scale,
                np.full(len(labels), snapshot.weight),
                np.full(len(labels), snapshot.window_days == longest),
            )
        )
    if not parts:
        return None
    weight = np.concatenate([part.weight for part in parts])
    return Examples(
        pd.concat([part.matrix for part in parts], ignore_index=True),
        np.concatenate([part.returned for part in parts]),
        np.concatenate([part.spend for part in parts]),
        weight * min(1.0, most_weight / float(weight.sum())),
        np.concatenate([part.is_full for part in parts]),
    )
