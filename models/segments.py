"""RFM segments: eleven names by rules that a person can read, and change in the configuration."""

from functools import lru_cache
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.ranks import learn_edges, level

SegmentName = Literal[
    "CHAMPIONS",
    "LOYAL",
    "ACTIVE",
    "NEW",
    "PROMISING",
    "NEEDS_ATTENTION",
    "AT_RISK",
    "PREVIOUSLY_LOYAL",
    "ALMOST_LOST",
    "DORMANT",
]
PROSPECTS = "PROSPECTS"  # those who have not bought: no rule needed

Score = Annotated[int, Field(ge=1, le=5)]
ANY = (1, 5)


class SegmentRule(BaseModel):
    """A segment and the scores, from the first to the last, that lead to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: SegmentName
    r: tuple[Score, Score] = ANY
    f: tuple[Score, Score] = ANY
    m: tuple[Score, Score] = ANY

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        for letter, (first, last) in (("r", self.r), ("f", self.f), ("m", self.m)):
            if first > last:
                raise ValueError(
                    f"{self.name}: {letter} = [{first}, {last}] is empty; the smaller comes first"
                )
        return self

    def covers(self, r: int, f: int, m: int) -> bool:
        """Whether a customer with these scores meets the rule."""
        return self.r[0] <= r <= self.r[1] and self.f[0] <= f <= self.f[1] and self.m[0] <= m <= self.m[1]


DEFAULT_RULES: tuple[SegmentRule, ...] = (
    SegmentRule(name="CHAMPIONS", r=(5, 5), f=(4, 5), m=(4, 5)),
    SegmentRule(name="LOYAL", r=(4, 5), f=(4, 5)),
    SegmentRule(name="ACTIVE", r=(4, 5), f=(2, 3)),
    SegmentRule(name="NEW", r=(5, 5), f=(1, 1)),
    SegmentRule(name="PROMISING", r=(4, 4), f=(1, 1)),
    SegmentRule(name="NEEDS_ATTENTION", r=(3, 3)),
    SegmentRule(name="AT_RISK", r=(2, 2), f=(3, 5)),
    SegmentRule(name="ALMOST_LOST", r=(2, 2), f=(1, 2)),
    SegmentRule(name="PREVIOUSLY_LOYAL", r=(1, 1), f=(4, 5)),
    SegmentRule(name="DORMANT", r=(1, 1), f=(1, 3)),
)


def check_rules(rules: tuple[SegmentRule, ...]) -> tuple[SegmentRule, ...]:
    """The same rules; raises ValueError unless every customer meets one and every rule takes someone."""
    reached = set()
    for r, f, m in np.ndindex(5, 5, 5):
        taker = next((number for number, rule in enumerate(rules) if rule.covers(r + 1, f + 1, m + 1)), None)
        if taker is None:
            raise ValueError(
                f"no rule takes customers with r = {r + 1}, f = {f + 1}, m = {m + 1}; add one or widen one"
            )
        reached.add(taker)
    for number, rule in enumerate(rules):
        if number not in reached:
            raise ValueError(
                f"rule {number + 1}, {rule.name}, takes nobody: the rules before it take all of its"
            )
    return rules


class RfmEdges(BaseModel):
    """What separates the scores, learned from the customers of the training.

    `r` on minus the days since the last purchase, `f` on the purchase days of those who came back, `m` on
    net spend in shop currency.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    r: tuple[float, ...]
    f: tuple[float, ...]
    m: tuple[float, ...]


def learn_rfm(features: pd.DataFrame) -> RfmEdges:
    """The edges of fifths (r, m) and, among those who came back, of quarters (f)."""
    came_back = features.loc[features["purchase_day_count"] > 1, "purchase_day_count"]
    return RfmEdges(
        r=learn_edges(-features["days_since_last_purchase"], 5),
        f=learn_edges(came_back, 4),
        m=learn_edges(features["historic_spend"], 5),
    )


def rfm_scores(features: pd.DataFrame, edges: RfmEdges) -> pd.DataFrame:
    """`r`, `f`, `m` from 1 to 5, larger is better. f = 1 is everyone who bought on one day only."""
    names = ("days_since_last_purchase", "purchase_day_count", "historic_spend")
    silence, days, spend = (features[name].to_numpy(dtype=float) for name in names)
    scores = [
        1 + level(-silence, edges.r),
        np.where(days > 1, 2 + level(days, edges.f), 1),
        1 + level(spend, edges.m),
    ]
    return pd.DataFrame(np.clip(np.column_stack(scores), 1, 5), features.index, ["r", "f", "m"])


def assign_segments(
    features: pd.DataFrame, edges: RfmEdges, rules: tuple[SegmentRule, ...]
) -> "pd.Series[str]":
    """The segment of each customer: the first rule that they meet, or PROSPECTS without a purchase."""
    names = _grid(rules)[tuple(rfm_scores(features, edges).to_numpy().T - 1)]
    bought = features["purchase_day_count"].to_numpy(dtype=float) > 0
    return pd.Series(np.where(bought, names, PROSPECTS), index=features.index, dtype="str")


@lru_cache(maxsize=8)
def _grid(rules: tuple[SegmentRule, ...]) -> npt.NDArray[np.object_]:
    """The segment of every r, f and m, each counted from 0."""
    grid = np.empty((5, 5, 5), dtype=object)
    for r, f, m in np.ndindex(grid.shape):
        grid[r, f, m] = next(rule.name for rule in rules if rule.covers(r + 1, f + 1, m + 1))
    return grid
