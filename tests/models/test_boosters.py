"""Small boosters: the same digits twice, contributions that add up, text that reads back."""

import numpy as np
import pandas as pd
import pytest

from models.boosters import Boosters, fit_boosters

BINARY = {"objective": "binary"}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    random = np.random.default_rng(1)
    table = pd.DataFrame(random.normal(size=(300, 3)), columns=["a", "b", "naïve [name]"])
    table.loc[::7, "b"] = np.nan
    return table


@pytest.fixture(scope="module")
def target(table: pd.DataFrame) -> np.ndarray:
    return (table["a"].to_numpy() + np.random.default_rng(2).normal(size=300) > 0).astype(float)


@pytest.fixture(scope="module")
def boosters(table: pd.DataFrame, target: np.ndarray) -> Boosters:
    return fit_boosters(table, target, np.ones(300), BINARY, (1, 2), None)


def test_the_same_rows_and_seeds_give_the_same_digits(boosters, table, target):
    again = fit_boosters(table, target, np.ones(300), BINARY, (1, 2), None)
    assert (again.raw_score(table) == boosters.raw_score(table)).all()
    other = fit_boosters(table, target, np.ones(300), BINARY, (3, 4), None)
    assert (other.raw_score(table) != boosters.raw_score(table)).any()


def test_the_answer_is_the_mean_of_two_seeds(boosters, table, target):
    one = fit_boosters(table, target, np.ones(300), BINARY, (1,), None).raw_score(table)
    two = fit_boosters(table, target, np.ones(300), BINARY, (2,), None).raw_score(table)
    assert boosters.raw_score(table) == pytest.approx((one + two) / 2)


def test_contributions_add_up_to_the_raw_score(boosters, table):
    assert boosters.contributions(table).sum(axis=1) == pytest.approx(boosters.raw_score(table))


def test_text_gives_the_same_boosters_back(boosters, table):
    again = Boosters.from_texts(boosters.columns, boosters.to_texts())
    assert (again.raw_score(table) == boosters.raw_score(table)).all()


def test_columns_are_found_by_name_not_by_place(boosters, table):
    assert (boosters.raw_score(table[table.columns[::-1]]) == boosters.raw_score(table)).all()


def test_a_start_that_knows_the_answer_leaves_little_to_learn(table):
    logit = table["a"].to_numpy()
    target = (np.random.default_rng(3).random(300) < 1 / (1 + np.exp(-logit))).astype(float)
    started = fit_boosters(table, target, np.ones(300), BINARY, (1, 2), logit).raw_score(table)
    alone = fit_boosters(table, target, np.ones(300), BINARY, (1, 2), None).raw_score(table)
    assert np.abs(started).mean() < np.abs(alone).mean()
