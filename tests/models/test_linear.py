"""Ridge regressions against scikit-learn, and what the offset, a constant and a gap mean."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from models.linear import Ridge, fit_ridge_logistic, fit_ridge_poisson


@pytest.fixture
def inputs() -> pd.DataFrame:
    random = np.random.default_rng(5)
    return pd.DataFrame(random.normal([0.0, 10.0], [1.0, 3.0], (400, 2)), columns=["a", "b"])


@pytest.fixture
def happened(inputs: pd.DataFrame) -> np.ndarray:
    logit = inputs["a"] - 0.3 * (inputs["b"] - 10)
    return (np.random.default_rng(6).random(400) < 1 / (1 + np.exp(-logit))).astype(float)


def test_logistic_equals_scikit_learn_on_standardised_columns(inputs, happened):
    ours = fit_ridge_logistic(inputs, np.zeros(400), happened, np.ones(400), penalty=2.0)
    standard = (inputs - inputs.mean()) / inputs.std(ddof=0)
    theirs = LogisticRegression(C=1 / 2.0, tol=1e-10).fit(standard, happened)
    assert ours.coefficients == pytest.approx(theirs.coef_[0], rel=1e-5)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_poisson_equals_scikit_learn_on_standardised_columns(inputs, happened):
    amount = happened * np.exp(inputs["a"].to_numpy())
    ours = fit_ridge_poisson(inputs, np.zeros(400), amount, np.ones(400), penalty=4.0)
    standard = (inputs - inputs.mean()) / inputs.std(ddof=0)
    theirs = PoissonRegressor(alpha=4.0 / 400, tol=1e-10, max_iter=1000).fit(standard, amount)
    assert ours.coefficients == pytest.approx(theirs.coef_, rel=1e-3)
    assert np.exp(ours.predictor(inputs, np.zeros(400))).sum() == pytest.approx(amount.sum(), rel=1e-5)


def test_an_offset_that_knows_everything_leaves_nothing_to_learn(inputs):
    offset = 2 * inputs["a"].to_numpy()
    probability = 1 / (1 + np.exp(-offset))
    weight = np.concatenate([probability, 1 - probability])
    twice = pd.concat([inputs, inputs], ignore_index=True)
    outcome = np.repeat([1.0, 0.0], 400)
    ridge = fit_ridge_logistic(twice, np.tile(offset, 2), outcome, weight, penalty=1.0)
    assert ridge.coefficients == pytest.approx([0, 0], abs=1e-6)
    assert ridge.predictor(inputs, offset) == pytest.approx(offset, abs=1e-6)


def test_a_heavy_penalty_keeps_only_the_shift_of_the_offset(inputs, happened):
    ridge = fit_ridge_logistic(inputs, np.full(400, -3.0), happened, np.ones(400), penalty=1e9)
    shifted = ridge.predictor(inputs, np.full(400, -3.0))
    assert shifted == pytest.approx(np.full(400, np.log(happened.mean() / (1 - happened.mean()))), abs=1e-4)


def test_a_weight_of_two_is_a_row_twice(inputs, happened):
    doubled = fit_ridge_logistic(inputs, np.zeros(400), happened, np.full(400, 2.0), penalty=3.0)
    twice = pd.concat([inputs, inputs], ignore_index=True)
    repeated = fit_ridge_logistic(twice, np.zeros(800), np.tile(happened, 2), np.ones(800), penalty=3.0)
    assert doubled.coefficients == pytest.approx(repeated.coefficients)


def test_a_constant_column_adds_nothing_and_a_missing_value_is_the_mean(inputs, happened):
    with_gaps = inputs.assign(same=7.0)
    ridge = fit_ridge_logistic(with_gaps, np.zeros(400), happened, np.ones(400), penalty=1.0)
    row = pd.DataFrame({"a": [np.nan], "b": [inputs["b"].mean()], "same": [999.0]})
    assert ridge.contributions(row)[0, :2] == pytest.approx([0, 0])
    assert ridge.coefficients[2] == 0.0


def test_an_outlier_counts_as_eight_standard_deviations(inputs, happened):
    ridge = fit_ridge_logistic(inputs, np.zeros(400), happened, np.ones(400), penalty=1.0)
    row = pd.DataFrame({"a": [1e9], "b": [-1e9]})
    assert ridge.contributions(row)[0] == pytest.approx(ridge.coefficients * [8, -8])


def test_json_gives_the_same_regression_back(inputs, happened):
    ridge = fit_ridge_logistic(inputs, np.zeros(400), happened, np.ones(400), penalty=1.0)
    again = Ridge.from_json(ridge.to_json())
    assert (again.predictor(inputs, np.zeros(400)) == ridge.predictor(inputs, np.zeros(400))).all()
