"""What contacting a customer earns, by hand."""

import numpy as np
import pytest

from models.profit import Costs, expected_cost, expected_profit, expected_saves

COSTS = Costs(contact_cost=1.0, offer_cost=10.0, accept_rate=0.3)


def test_a_sure_churner_is_saved_at_the_accept_rate() -> None:
    """0.3 x (200 - 10) - 1 = 56, the paper's gain on a churner."""
    p, at_risk = np.array([1.0]), np.array([200.0])
    assert expected_profit(p, at_risk, COSTS)[0] == pytest.approx(56)
    assert expected_cost(p, COSTS)[0] == pytest.approx(4)
    assert expected_saves(p, COSTS)[0] == pytest.approx(0.3)


def test_whoever_would_have_stayed_takes_the_offer_for_nothing() -> None:
    """-(10 + 1), the paper's loss on others."""
    p = np.array([0.0])
    assert expected_profit(p, np.array([0.0]), COSTS)[0] == pytest.approx(-11)
    assert expected_cost(p, COSTS)[0] == pytest.approx(11)


def test_between_the_two_profit_is_their_mixture() -> None:
    p = np.array([0.25])
    assert expected_profit(p, p * 200, COSTS)[0] == pytest.approx(0.25 * 56 - 0.75 * 11)
