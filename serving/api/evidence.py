"""The evidence of a model version, as /v1/model tells it; training.evidence measured it."""

from datetime import date

from pydantic import BaseModel, Field


class ReliabilityBin(BaseModel):
    """Customers whose churn probability was in [low, high)."""

    low: float
    high: float
    customers: int
    churned: int = Field(description="how many of them bought nothing in the window")
    mean_probability: float


class GainsPoint(BaseModel):
    """How many of the churners the top of a list holds."""

    share: float = Field(description="share of all customers on the list")
    captured: float = Field(description="share of all churners among them, listed by churn probability")
    by_silence: float = Field(description="the same, listed by days since the last purchase")


class ValueDecile(BaseModel):
    """A tenth of the customers by clv; 10 is the most valuable."""

    decile: int
    customers: int
    predicted: float = Field(description="mean predicted spend per customer in the window")
    actual: float = Field(description="mean spend per customer in the window")


class IntervalTails(BaseModel):
    """Of the customers whose bound is above zero; a tenth is right."""

    above_high: float | None = Field(description="share that spent more than clv_high")
    below_low: float | None = Field(description="share that spent less than clv_low")


class CampaignFigures(BaseModel):
    """EMPC (Verbraken et al. 2013): what the paper's campaign would have earned by the best use of a list.

    A customer is worth 200, an offer 10, a contact 1, and accept rates are Beta(6, 14).
    """

    profit: float = Field(description="per customer of the shop, listed by churn probability")
    fraction: float = Field(description="of the customers to contact for it")
    by_silence: float = Field(description="profit of the same, listed by days since the last purchase")


class PeerFigures(BaseModel):
    """One forecaster in the same window: Tenure, or what needs no model."""

    forecaster: str
    roc_auc: float | None
    log_loss: float | None
    normalized_gini: float | None
    total_bias: float | None


class EvidenceAnswer(BaseModel):
    """How the recipe did on a past date that it had not seen, in the window from `as_of` on."""

    as_of: date
    window_days: int
    customers: int
    reliability: list[ReliabilityBin]
    gains: list[GainsPoint]
    deciles: list[ValueDecile]
    interval: IntervalTails
    empc: CampaignFigures | None = Field(None, description="null for a model of an earlier version of Tenure")
    peers: list[PeerFigures]
