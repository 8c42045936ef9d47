"""What a question may say about a campaign: what contacting costs, how often it works, what may be spent."""

from typing import Annotated

from pydantic import BaseModel, Field

from models.profit import Costs
from serving.settings import CampaignSettings

Cost = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Budget = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]


class CostQuery(BaseModel):
    """Costs in shop currency; what is not said is taken from [campaigns] in tenure.toml."""

    contact_cost: Cost | None = Field(None, description="spent on everybody contacted, shop currency")
    offer_cost: Cost | None = Field(None, description="spent on everybody who takes the offer")
    accept_rate: Rate | None = Field(
        None, description="share of would-be churners who take the offer and stay"
    )

    def costs(self, settings: CampaignSettings) -> Costs:
        """What is said, and the configured rest."""
        return Costs(
            settings.contact_cost if self.contact_cost is None else self.contact_cost,
            settings.offer_cost if self.offer_cost is None else self.offer_cost,
            settings.accept_rate if self.accept_rate is None else self.accept_rate,
        )


class PlanQuery(CostQuery):
    """The same, and a budget."""

    budget: Budget | None = Field(
        None, description="most that contacts, and the offers likely to be taken, may cost; shop currency"
    )

    def is_planned(self) -> bool:
        """Whether a list is asked for that is sized by what it earns."""
        return any(
            given is not None for given in (self.contact_cost, self.offer_cost, self.accept_rate, self.budget)
        )
