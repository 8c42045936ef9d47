"""What contacting a customer costs and brings, on average: the arithmetic of a retention campaign.

Verbraken, Verbeke & Baesens (2013), "A Novel Profit Maximizing Metric for Measuring Classification
Performance of Customer Churn Prediction Models", IEEE TKDE 25(5), section 4, with each customer's own
churn probability and value in place of their shares and of one average CLV.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Costs:
    """What a campaign spends, in shop currency, and how often it works.

    `contact_cost` is spent on everybody contacted, `offer_cost` on everybody who takes the offer;
    `accept_rate` is the share of would-be churners who take it and stay.
    """

    contact_cost: float
    offer_cost: float
    accept_rate: float


def offer_taken(churn_probability: Numbers, costs: Costs) -> Numbers:
    """P(the offer is taken): by would-be churners at `accept_rate`, by all who would have stayed anyway."""
    return np.asarray(1 - churn_probability * (1 - costs.accept_rate))


def expected_cost(churn_probability: Numbers, costs: Costs) -> Numbers:
    """Mean cost of contacting each customer: the contact, and the offer where it is taken."""
    return np.asarray(costs.contact_cost + costs.offer_cost * offer_taken(churn_probability, costs))


def expected_profit(churn_probability: Numbers, value_at_risk: Numbers, costs: Costs) -> Numbers:
    """Mean profit of contacting each customer: accept_rate x value_at_risk, minus `expected_cost`.

    With p the churn probability, V what the customer brings once saved (value_at_risk = p V), c and d the
    costs of contact and offer and g the accept rate, this is

        p (g (V - d) - c) - (1 - p) (d + c)

    whose two terms are the paper's gain on churners and loss on others, customer by customer.
    """
    return np.asarray(costs.accept_rate * value_at_risk - expected_cost(churn_probability, costs))


def expected_saves(churn_probability: Numbers, costs: Costs) -> Numbers:
    """P(the customer would have churned, takes the offer and stays)."""
    return np.asarray(costs.accept_rate * churn_probability)
