"""Keeping a customer in the drawer of the batch before while they stand near its edge: nobody flaps."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.assignments import Assignments


@dataclass(frozen=True)
class Drawers:
    """Names from the lowest value to the highest, the values at which all but the first begin, and how far
    beyond an edge a customer must be to change the drawer: one margin for each edge.
    """

    names: tuple[str, ...]
    edges: tuple[float, ...]
    margins: tuple[float, ...]

    def near(self, values: "pd.Series[float]") -> Any:
        """A flag for each: whether the value is within the margin of an edge, and the drawer may be kept."""
        near = np.zeros(len(values), dtype=bool)
        for edge, margin in zip(self.edges, self.margins, strict=True):
            near |= (values >= edge - margin).to_numpy(bool) & (values < edge + margin).to_numpy(bool)
        return pd.Series(near, index=values.index, dtype=bool)

    def keep(
        self, drawers: "pd.Series[str]", values: "pd.Series[float]", before: "pd.Series[str]"
    ) -> "pd.Series[str]":
        """The drawer of `before` while the value is within its margins, else the plain one."""
        kept = drawers.copy()
        for number, name in enumerate(self.names):
            stays = before == name
            if number > 0:
                stays &= values >= self.edges[number - 1] - self.margins[number - 1]
            if number < len(self.edges):
                stays &= values < self.edges[number] + self.margins[number]
            kept = kept.mask(stays, name)
        return kept


@dataclass(frozen=True)
class Steadiness:
    """The drawers that have margins, by the column that names them; and the column of the value behind it."""

    risk_band: Drawers
    value_tier: Drawers | None

    @classmethod
    def of(cls, assignments: Assignments) -> "Steadiness":
        """As the rules of a model say; a tier's margin is a share of its edge."""
        bands, tiers = assignments.rules.bands, assignments.rules.tiers
        return cls(
            Drawers(("low", "medium", "high"), (bands.medium, bands.high), (bands.hysteresis,) * 2),
            Drawers(
                ("low", "medium", "high", "top"),
                assignments.clv,
                tuple(tiers.hysteresis * abs(edge) for edge in assignments.clv),
            )
            if len(assignments.clv) == 3
            else None,
        )

    def drawers(self) -> dict[str, tuple[str, Drawers]]:
        """The column that names a drawer: the column of the value, and the drawers."""
        found = {"risk_band": ("churn_probability", self.risk_band)}
        if self.value_tier is not None:
            found["value_tier"] = ("clv", self.value_tier)
        return found
