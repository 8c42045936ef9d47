"""Everything that sorts a scored customer into a drawer: segment, tier, band, percentile, stage, engagement.

The rules come from the configuration, the edges are learned at training, and both travel with the model.
"""

from typing import Annotated, Any, Self

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict

from models.bands import BandRules, assign_bands, assign_percentiles
from models.engagement import EngagementEdges, learn_engagement, score_engagement
from models.journey import JourneyRules, assign_stages
from models.ranks import learn_edges
from models.segments import DEFAULT_RULES, RfmEdges, SegmentRule, assign_segments, check_rules, learn_rfm
from models.tiers import TierRules, assign_tiers, learn_tiers


class AssignmentRules(BaseModel):
    """The `[assignments]` of tenure.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    segments: Annotated[tuple[SegmentRule, ...], AfterValidator(check_rules)] = DEFAULT_RULES
    tiers: TierRules = TierRules()
    bands: BandRules = BandRules()
    journey: JourneyRules = JourneyRules()


class Assignments(BaseModel):
    """The rules and the learned edges. Edges are values of the whole shop, never a customer's row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: AssignmentRules
    rfm: RfmEdges
    clv: tuple[float, ...]
    churn: tuple[float, ...]
    engagement: EngagementEdges | None

    def assign(self, features: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
        """One row per row of `features`, same index, from features and the answers beside them.

        `answers` needs `churn_probability` and `clv`; where they are missing, so are percentile, band and
        tier. A customer without a purchase (`purchase_day_count` 0 or missing) is one of the PROSPECTS.
        """
        return pd.DataFrame(
            {
                "churn_percentile": assign_percentiles(answers["churn_probability"], self.churn),
                "risk_band": assign_bands(answers["churn_probability"], self.rules.bands),
                "rfm_segment": assign_segments(features, self.rfm, self.rules.segments),
                "value_tier": assign_tiers(answers["clv"], self.clv),
                "journey_stage": assign_stages(features, self.rules.journey),
                "engagement_score": score_engagement(features, self.engagement),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """The assignments that `to_json` wrote."""
        return cls.model_validate(stored)


def fit_assignments(features: pd.DataFrame, answers: pd.DataFrame, rules: AssignmentRules) -> Assignments:
    """Learn the edges from the customers scored at training, one row each in both tables, same index."""
    return Assignments(
        rules=rules,
        rfm=learn_rfm(features),
        clv=learn_tiers(answers["clv"], rules.tiers),
        churn=learn_edges(answers["churn_probability"], 100),
        engagement=learn_engagement(features),
    )
