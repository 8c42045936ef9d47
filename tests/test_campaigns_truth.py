"""Lists sized by profit, held against the truth of simulated shops, with the costs of Verbraken et al. (2013)."""

import pandas as pd
import pytest

from benchmarks.campaigns import earn, known_customers, one_horizon

BUDGET = 1_500.0


@pytest.fixture(scope="module")
def shops() -> list[pd.DataFrame]:
    """Three shops of 2,000 customers, each trained and scored: one alone is noise."""
    return [known_customers(one_horizon(2_000, seed)) for seed in (1, 2, 3)]


@pytest.mark.parametrize("budget", [None, BUDGET])
def test_a_list_sized_by_profit_earns_what_the_best_fixed_cut_off_does(
    shops: list[pd.DataFrame], budget: float | None
) -> None:
    """Even where that cut-off is chosen by the truth; under a budget it spends as much, on the riskiest first."""
    earned = earn(shops, "own", budget)
    assert earned.ours >= earned.hindsight >= earned.ahead


@pytest.mark.parametrize("budget", [None, BUDGET])
def test_where_all_customers_are_worth_the_same_nothing_is_lost_but_hindsight(
    shops: list[pd.DataFrame], budget: float | None
) -> None:
    """Then our list is a cut-off itself, of .164; which of its neighbours was luckier is known afterwards only."""
    earned = earn(shops, "one", budget)
    assert earned.ours >= 0.998 * earned.hindsight


@pytest.mark.parametrize("budget", [None, BUDGET])
@pytest.mark.parametrize("value", ["one", "own"])
def test_it_earns_nearly_what_the_posterior_under_the_true_parameters_does(
    shops: list[pd.DataFrame], value: str, budget: float | None
) -> None:
    earned = earn(shops, value, budget)
    assert earned.ours >= 0.95 * earned.posterior
