"""How much a customer deals with the shop besides buying."""

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from models.cells import Floats
from models.ranks import learn_edges, level

LATEST, COUNT, KINDS = "engagement_days_since_last", "engagement_count_90d", "engagement_kinds_90d"
GRADES = 50


class EngagementEdges(BaseModel):
    """Quantiles over the training's customers who were seen at all; without interactions there are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latest: tuple[float, ...]
    count: tuple[float, ...]
    kinds: tuple[float, ...]


def learn_engagement(features: pd.DataFrame) -> EngagementEdges | None:
    """The edges, or None for a shop whose features hold no interactions."""
    if LATEST not in features:
        return None
    seen = features[features[LATEST].notna()]
    recent = seen[seen[COUNT] > 0]
    return EngagementEdges(
        latest=learn_edges(-seen[LATEST], GRADES),
        count=learn_edges(recent[COUNT], GRADES),
        kinds=learn_edges(recent[KINDS], GRADES),
    )


def score_engagement(features: pd.DataFrame, edges: EngagementEdges | None) -> "pd.Series[float]":
    """0 to 100: two fifths how lately seen, two fifths how often and one fifth how variously in 90 days.

    Each part is the customer's place among those seen in the training; nothing seen is 0. What the shop does
    itself (e-mails sent, campaigns) is not in these columns. Empty where the shop has no interactions.
    """
    if edges is None:
        return pd.Series(np.nan, index=features.index, dtype=float)
    silence, events, various = (features[name].to_numpy(dtype=float) for name in (LATEST, COUNT, KINDS))
    recent = events > 0
    latest = np.where(np.isnan(silence), 0.0, _place(-silence, edges.latest))
    count = np.where(recent, _place(events, edges.count), 0.0)
    kinds = np.where(recent, _place(various, edges.kinds), 0.0)
    return pd.Series(40.0 * latest + 40.0 * count + 20.0 * kinds, index=features.index)


def _place(values: Floats, edges: tuple[float, ...]) -> Floats:
    """From just above 0 to 1."""
    return np.asarray((1 + level(values, edges)) / (1 + len(edges)))
