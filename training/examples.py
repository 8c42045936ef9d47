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
from training.past import ENOUGH, Past
from training.snapshots import Snapshot

MOST_ROWS = 60_000  # of all dates together: trees learn little from more
LEAST_A_DATE = 5_000
MOST_SWING = 0.5  # log spend
SMALLEST = 1e-6  # mean purchase days, so that a window without spend has a ratio
ENOUGH_DATES = 4  # with so few dates, each brings as many customers as any is judged by


@dataclass(frozen=True)
class Examples:
    """One row per customer and past date; `spend` is in mean purchase days of its date, never negative.

    `is_full` where the window is as long as the one asked about; `date` numbers the past dates, and
    `is_same_season` marks those that lie whole years before the date asked about. `rows_in_all` is how many there
    would be if all customers were looked at, and `half` marks all rows of one half of the customers. `swing` is the
    mean log ratio of what a full window brought to what the purchase models had expected of it: how far the shop as a
    whole moves.
    """

    matrix: pd.DataFrame
    returned: Floats
    spend: Floats
    weight: Floats
    is_full: npt.NDArray[np.bool_]
    date: npt.NDArray[np.int64]
    is_same_season: npt.NDArray[np.bool_]
    half: npt.NDArray[np.bool_]
    rows_in_all: int
    swing: float


def gather_examples(
    past: Past, plan: FeaturePlan, snapshots: tuple[Snapshot, ...], most_weight: float
) -> Examples | None:
    """The rows of all snapshots, each with the outlook for its own window and at most about `MOST_ROWS` in all.

    Weights sum to `most_weight` at most: the same customer stands in many rows, and they tell less than as many
    customers would. A row counts for all the customers of its date that it stands for. Customers of whom nothing
    is decided in a window are left out; None where that is everybody in every full window.
    """
    catalogue = describe(plan)
    longest = max(snapshot.window_days for snapshot in snapshots)
    most = _customers_a_date(len(snapshots))
    parts, told = [], 0.0
    for number, snapshot in enumerate(snapshots):
        state = past.state(snapshot.as_of, plan, most)
        decided = asked(state.features, snapshot.window_days)
        if not decided.any():
            continue
        features = state.features[decided]
        labels = past.labels(snapshot.as_of, snapshot.window_days, most)[decided]
        stands_for = past.crowd.known(snapshot.as_of) / len(state.features)
        told += snapshot.weight * len(labels)
        outlook = state.purchases.outlook(features, snapshot.window_days)
        parts.append(
            Examples(
                build_matrix(features, outlook, catalogue, state.scale),
                np.where(labels["purchase_days"] > 0, 1.0, 0.0),
                np.maximum(labels["spend"].to_numpy(dtype=float), 0.0) / state.scale,
                np.full(len(labels), snapshot.weight * stands_for),
                np.full(len(labels), snapshot.window_days == longest),
                np.full(len(labels), number),
                np.full(len(labels), snapshot.is_same_season),
                _half(labels["customer_id"]),
                round(len(labels) * stands_for),
                0.0,
            )
        )
    if not any(part.is_full[0] for part in parts):
        return None
    weight = np.concatenate([part.weight for part in parts])
    return Examples(
        pd.concat([part.matrix for part in parts], ignore_index=True),
        np.concatenate([part.returned for part in parts]),
        np.concatenate([part.spend for part in parts]),
        weight * min(1.0, min(most_weight, told) / float(weight.sum())),
        np.concatenate([part.is_full for part in parts]),
        np.concatenate([part.date for part in parts]),
        np.concatenate([part.is_same_season for part in parts]),
        np.concatenate([part.half for part in parts]),
        sum(part.rows_in_all for part in parts),
        _swing([part for part in parts if part.is_full[0]]),
    )


def _half(customer_ids: "pd.Series[str]") -> npt.NDArray[np.bool_]:
    """By a hash of the id, so that a customer is of the same half on every date."""
    return np.asarray(pd.util.hash_array(customer_ids.to_numpy(dtype=object), categorize=False) % 2 == 0)


def _swing(parts: list[Examples]) -> float:
    ratios = [
        np.log((part.spend.sum() + SMALLEST) / (part.matrix["btyd_clv"].sum() + SMALLEST)) for part in parts
    ]
    weights = [part.weight[0] * len(part.weight) / part.rows_in_all for part in parts]
    return float(np.average(np.clip(ratios, -MOST_SWING, MOST_SWING), weights=weights))


def _customers_a_date(dates: int) -> int:
    """In steps of four dates, so that schedules of nearly as many dates share what was worked out for them."""
    if dates <= ENOUGH_DATES:
        return ENOUGH
    return max(LEAST_A_DATE, MOST_ROWS // (4 * -(-dates // 4)))
