"""Lists sized by profit, held against a simulated shop's truth, with the costs of Verbraken et al. (2013)."""

import pandas as pd
import pytest

from benchmarks.campaigns import earn, known_customers, one_horizon


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    """A shop of 2,000 customers, trained and scored; a hundred seconds of a busy processor."""
    return known_customers(one_horizon(2_000, 1))


@pytest.mark.parametrize("value", ["one", "own"])
def test_the_list_sized_by_profit_earns_what_it_should(known: pd.DataFrame, value: str) -> None:
    """As much as the best of nine fixed cut-offs, which is chosen by the truth, and 95% of what the posterior
    under the true parameters earns."""
    earned = earn(known, value)
    assert earned.ours >= earned.fixed
    assert earned.ours >= 0.95 * earned.posterior


@pytest.mark.parametrize("value", ["one", "own"])
def test_it_does_so_under_a_budget_too(known: pd.DataFrame, value: str) -> None:
    """The cut-offs spend the same budget on the riskiest first."""
    earned = earn(known, value, budget=1_500.0)
    assert earned.ours >= earned.fixed
    assert earned.ours >= 0.95 * earned.posterior
