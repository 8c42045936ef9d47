"""EMPC against cases worked by hand and against integration by numbers, which knows no hull."""

import numpy as np
import pytest
from scipy.stats import beta

from models.empc import PAPER, CampaignPrior, empc


def by_integration(
    churned: np.ndarray, score: np.ndarray, prior: CampaignPrior = PAPER
) -> tuple[float, float]:
    """The mean over accept rates of the best profit among all cut-offs, each tried."""
    cutoffs = [np.zeros(len(score), bool), *(score >= value for value in np.unique(score))]
    churners = np.array([churned[listed].sum() / len(score) for listed in cutoffs])
    share = np.array([listed.mean() for listed in cutoffs])
    rates = (np.arange(100_000) + 0.5) / 100_000
    gain = rates[:, None] * (prior.clv - prior.offer_cost) - prior.contact_cost
    profits = gain * churners - (prior.offer_cost + prior.contact_cost) * (share - churners)
    weight = beta(prior.alpha, prior.beta).pdf(rates) / len(rates)
    return float(weight @ profits.max(axis=1)), float(weight @ share[profits.argmax(axis=1)])


def test_a_perfect_ranking_contacts_the_churners_alone() -> None:
    """A fifth churns; contacting exactly them earns 190 x 0.3 - 1 each, but for the rare rates below 1/190."""
    churned = np.repeat([1.0, 0.0], [20, 80])
    answer = empc(churned, churned)
    assert answer.profit == pytest.approx(0.2 * 56, abs=1e-4)
    assert answer.fraction == pytest.approx(0.2, abs=1e-6)


def test_a_ranking_that_knows_nothing_contacts_everybody_or_nobody() -> None:
    """One score for all: at rate g everybody earns 0.2 (190 g - 1) - 0.8 x 11, which pays from g = 9/38 on."""
    churned = np.repeat([1.0, 0.0], [20, 80])
    answer = empc(churned, np.ones(100))
    pays_from = 9 / 38
    chance = beta.sf(pays_from, 6, 14)
    mean_rate = 0.3 * beta.sf(pays_from, 7, 14)
    assert answer.fraction == pytest.approx(chance)
    assert answer.profit == pytest.approx(0.2 * (190 * mean_rate - chance) - 8.8 * chance)


def test_three_customers_by_hand() -> None:
    """Churner, other, churner in this order: the first pays from g = 1/190, the other two from (11 + 1)/190."""
    answer = empc(np.array([1.0, 0.0, 1.0]), np.array([3.0, 2.0, 1.0]))
    one, three = beta.sf(1 / 190, 6, 14), beta.sf(12 / 190, 6, 14)
    rate_one, rate_three = 0.3 * beta.sf(1 / 190, 7, 14), 0.3 * beta.sf(12 / 190, 7, 14)
    assert answer.fraction == pytest.approx(one / 3 + 2 * three / 3)
    assert answer.profit == pytest.approx(
        (190 * rate_one - one) / 3 + (190 * rate_three - three) / 3 - 11 * three / 3
    )


@pytest.mark.parametrize(
    "prior", [PAPER, CampaignPrior(clv=60.0, offer_cost=20.0, contact_cost=3.0, alpha=2.0, beta=5.0)]
)
def test_any_ranking_agrees_with_integration(prior: CampaignPrior) -> None:
    """200 customers, scores that tie and mislead."""
    rng = np.random.default_rng(5)
    score = rng.integers(0, 12, 200).astype(float)
    churned = (rng.random(200) < 0.05 + 0.05 * score).astype(float)
    answer = empc(churned, score, prior)
    profit, fraction = by_integration(churned, score, prior)
    assert answer.profit == pytest.approx(profit, abs=1e-6)
    assert answer.fraction == pytest.approx(fraction, abs=1e-4)


def test_calibrated_probabilities_foretell_it() -> None:
    """What is expected of 20,000 customers is what then happens, within chance."""
    rng = np.random.default_rng(6)
    p = rng.beta(1, 3, 20_000)
    expected, happened = empc(p, p), empc((rng.random(len(p)) < p).astype(float), p)
    assert expected.profit == pytest.approx(happened.profit, rel=0.03)
    assert expected.fraction == pytest.approx(happened.fraction, rel=0.03)


def test_nothing_is_earned_of_nobody_nor_where_the_offer_costs_more_than_a_customer() -> None:
    none = np.array([])
    assert empc(none, none).profit == 0
    assert empc(np.ones(3), np.ones(3), CampaignPrior(clv=5.0)).profit == 0
