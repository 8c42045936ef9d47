"""The shape of every answer about plans, cut-offs, contacts and campaigns."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from models.profit import Costs
from serving.api.answers import BatchAnswer, IdProblem
from serving.api.list_answers import ListAnswer
from serving.decide.plan import Plan


class CostsAnswer(BaseModel):
    """What contacting costs and how often it works, shop currency."""

    contact_cost: float
    offer_cost: float
    accept_rate: float


class PlanAnswer(BaseModel):
    """What contacting the customers of a plan is expected to bring; money in shop currency."""

    size: int = Field(description="customers to contact")
    expected_churners: float = Field(description="of them would not return if left alone")
    expected_saves: float = Field(description="of these accept and stay")
    expected_cost: float = Field(description="contacts, and offers likely to be taken; within the budget")
    highest_cost: float = Field(description="what it costs if everybody takes the offer")
    expected_profit: float = Field(description="what the saved bring, less expected_cost")


class PlannedAnswer(PlanAnswer):
    """The same, and what it was computed with."""

    costs: CostsAnswer
    budget: float | None


class AtRiskAnswer(ListAnswer):
    """A page of the list. `plan` is there where costs or a budget were given: the list is then sized by profit."""

    plan: PlannedAnswer | None = None


class CutoffAnswer(BaseModel):
    """The list of the `size` customers whose contact is worth most; everything else is an expectation."""

    size: int
    lowest_churn_probability: float | None = Field(description="on the list; null on the empty list")
    churners_reached: float
    churners_share: float = Field(description="of all would-be churners")
    non_churners_bothered: float
    saves: float
    cost: float
    profit: float


class EmpcAnswer(BaseModel):
    """Expected maximum profit per customer of the shop (Verbraken et al. 2013), by the served probabilities."""

    profit: float
    fraction: float = Field(description="of the customers to contact for it")
    clv: float
    offer_cost: float
    contact_cost: float
    alpha: float = Field(description="accept rates are Beta(alpha, beta)")
    beta: float


class CutoffsAnswer(BaseModel):
    """Lists of every size, from nobody to everybody that the filters leave."""

    as_of: date
    model_version: str
    batch: BatchAnswer
    customers: int
    costs: CostsAnswer
    cutoffs: list[CutoffAnswer]
    best: CutoffAnswer = Field(description="the list that earns most")
    expected_empc: EmpcAnswer


class ContactResult(BaseModel):
    """What became of one contact; `known` is one that was recorded before and changed nothing."""

    customer_id: str
    status: Literal["recorded", "known", "refused"]
    error: IdProblem | None = None


class ContactsAnswer(BaseModel):
    """One result per contact, in the order of the request."""

    campaign: str | None
    recorded: int
    known: int
    refused: int
    results: list[ContactResult]


class EstimateAnswer(BaseModel):
    """A difference between those contacted and those held back, with its 95% interval."""

    value: float
    low: float
    high: float


class ArmAnswer(BaseModel):
    """What the customers of one arm did in their windows; `spend` is net, per customer."""

    customers: int
    returned: int
    return_rate: float
    spend: float


class OutcomeAnswer(BaseModel):
    """What `tenure lift` found, by intention to treat. Without a `treated` there is nothing to compare yet."""

    measured_at: datetime
    as_of: date = Field(description="purchases were known before this day")
    verdict: Literal["raised", "lowered", "cannot tell", "too early"]
    sentence: str
    waiting: int = Field(description="customers whose window was not over")
    left_out: int = Field(description="customers who have objected to profiling since")
    treated: ArmAnswer | None = None
    control: ArmAnswer | None = None
    return_rate: EstimateAnswer | None = Field(None, description="added share of customers who returned")
    spend: EstimateAnswer | None = Field(None, description="added net spend per customer")
    returns: EstimateAnswer | None = Field(None, description="customers won back")
    revenue: EstimateAnswer | None = Field(None, description="added net spend of all contacted")
    cost: float | None = Field(None, description="contacts, and an offer for everybody who returned")
    profit: EstimateAnswer | None = Field(None, description="revenue times margin, less cost")
    detectable: float | None = Field(
        None, description="smallest difference of return rates that arms of this size notice 4 times in 5"
    )


class CampaignAnswer(BaseModel):
    """One campaign. What it was drawn with is null where it was only reported with its contacts."""

    name: str
    created_at: datetime
    as_of: date | None
    model_version: str | None
    churn_window_days: int
    margin: float
    contact_cost: float | None
    offer_cost: float | None
    accept_rate: float | None
    budget: float | None
    control_share: float | None
    treated: int = Field(description="customers contacted, or to be contacted")
    control: int = Field(description="customers held back")
    first_contact_at: datetime | None
    last_contact_at: datetime | None
    plan: PlanAnswer | None = Field(description="what contacting the treated was expected to bring")
    outcome: OutcomeAnswer | None


class CampaignsAnswer(BaseModel):
    """Every campaign, newest first."""

    campaigns: list[CampaignAnswer]


class ArmsAnswer(BaseModel):
    """Who is to be contacted, best first, and who must not be."""

    treated: list[str]
    control: list[str]


class CampaignWithArms(CampaignAnswer):
    """One campaign and everybody in it."""

    arms: ArmsAnswer


def tell_plan(plan: Plan) -> dict[str, Any]:
    """A plan as PlanAnswer."""
    return {
        "size": plan.size,
        "expected_churners": plan.churners,
        "expected_saves": plan.saves,
        "expected_cost": plan.cost,
        "highest_cost": plan.highest_cost,
        "expected_profit": plan.profit,
    }


def tell_costs(costs: Costs) -> dict[str, float]:
    """Costs as CostsAnswer."""
    return {
        "contact_cost": costs.contact_cost,
        "offer_cost": costs.offer_cost,
        "accept_rate": costs.accept_rate,
    }
