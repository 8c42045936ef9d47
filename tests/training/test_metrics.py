"""Each metric against a perfect predictor, a useless one, and a case worked out by hand."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from training import metrics

RETURNED = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
SPEND = np.array([100.0, 0.0, 50.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 40.0])
RANKING_METRICS = [metrics.roc_auc, metrics.average_precision]


@pytest.mark.parametrize("metric", RANKING_METRICS)
def test_perfect_ranking_of_returns_scores_one(metric):
    assert metric(RETURNED, RETURNED * 0.8 + 0.1) == 1.0


def test_constant_prediction_is_a_coin():
    constant = np.full(10, 0.3)
    assert metrics.roc_auc(RETURNED, constant) == 0.5
    assert metrics.average_precision(RETURNED, constant) == pytest.approx(0.3)
    assert metrics.lift_at_10pct(RETURNED, constant) == pytest.approx(1.0)
    assert metrics.normalized_gini(SPEND, constant) == pytest.approx(0.0)
    assert metrics.top_decile_capture(SPEND, constant) == pytest.approx(20.0 / 100.0)


def test_random_predictions_score_about_nothing_on_many_customers():
    random = np.random.default_rng(7)
    returned = (random.random(20_000) < 0.3).astype(float)
    spend = returned * random.lognormal(3, 1, 20_000)
    guess = random.random(20_000)
    assert metrics.roc_auc(returned, guess) == pytest.approx(0.5, abs=0.02)
    assert metrics.normalized_gini(spend, guess) == pytest.approx(0.0, abs=0.03)
    assert metrics.spearman(spend, guess) == pytest.approx(0.0, abs=0.03)
    assert metrics.lift_at_10pct(returned, guess) == pytest.approx(1.0, abs=0.1)


def test_churn_metrics_equal_scikit_learn_with_ties():
    random = np.random.default_rng(3)
    returned = (random.random(500) < 0.4).astype(float)
    guess = np.round(0.3 * returned + random.random(500) * 0.6, 1) + 0.05
    assert metrics.roc_auc(returned, guess) == pytest.approx(sklearn_metrics.roc_auc_score(returned, guess))
    assert metrics.average_precision(returned, guess) == pytest.approx(
        sklearn_metrics.average_precision_score(returned, guess)
    )
    assert metrics.log_loss(returned, guess) == pytest.approx(sklearn_metrics.log_loss(returned, guess))
    assert metrics.brier_score(returned, guess) == pytest.approx(
        sklearn_metrics.brier_score_loss(returned, guess)
    )


def test_one_class_only_has_no_ranking_yet_a_loss():
    nobody = np.zeros(4)
    guess = np.array([0.1, 0.2, 0.3, 0.4])
    assert np.isnan(metrics.roc_auc(nobody, guess))
    assert np.isnan(metrics.average_precision(nobody, guess))
    assert np.isnan(metrics.lift_at_10pct(nobody, guess))
    assert metrics.log_loss(nobody, guess) == pytest.approx(-np.mean(np.log([0.9, 0.8, 0.7, 0.6])))


def test_a_certain_prediction_that_is_wrong_costs_much_but_not_infinity():
    assert 25 < metrics.log_loss(np.array([1.0]), np.array([0.0])) < 30


def test_ece_by_hand():
    actual = np.array([0.0, 0.0, 1.0, 1.0])
    predicted = np.array([0.1, 0.3, 0.6, 0.8])
    assert metrics.ece(actual, predicted, bins=2) == pytest.approx((0.4 + 0.6) / 4)


def test_a_calibrated_model_shows_the_noise_floor_and_a_biased_one_more():
    random = np.random.default_rng(11)
    probability = random.beta(2, 5, 4_000)
    shown = [metrics.ece((random.random(4_000) < probability).astype(float), probability) for _ in range(100)]
    assert np.mean(shown) == pytest.approx(metrics.ece_noise_floor(probability), rel=0.1)
    happened = (random.random(4_000) < probability).astype(float)
    assert metrics.ece(happened, np.clip(probability + 0.1, 0, 1)) > 5 * metrics.ece_noise_floor(probability)


def test_lift_counts_the_churners_in_the_riskiest_tenth():
    churned = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert metrics.lift_at_10pct(churned, np.linspace(1, 0, 10)) == pytest.approx(1 / 0.2)
    assert metrics.lift_at_10pct(churned, np.linspace(0, 1, 10)) == 0.0


def test_perfect_spend_scores_one_and_the_reverse_less_than_nothing():
    assert metrics.normalized_gini(SPEND, SPEND) == 1.0
    assert metrics.spearman(SPEND, SPEND) == pytest.approx(1.0)
    assert metrics.decile_mape(SPEND, SPEND) == 0.0
    assert metrics.total_bias(SPEND, SPEND) == 0.0
    assert metrics.top_decile_capture(SPEND, SPEND) == 1.0
    assert metrics.root_mean_squared_error(SPEND, SPEND) == 0.0
    assert metrics.normalized_gini(SPEND, -SPEND) == pytest.approx(-1.0)


def test_normalized_gini_by_hand():
    # Gini = 2 sum(rank x spend) / (n total) - (n + 1) / n; the third customer is ranked second.
    spend = np.array([0.0, 1.0, 3.0])
    swapped = np.array([0.0, 2.0, 1.0])
    perfect = 2 * (1 * 0 + 2 * 1 + 3 * 3) / (3 * 4) - 4 / 3
    ranked = 2 * (1 * 0 + 3 * 1 + 2 * 3) / (3 * 4) - 4 / 3
    assert metrics.normalized_gini(spend, swapped) == pytest.approx(ranked / perfect)
    assert ranked / perfect == pytest.approx(0.1666667 / 0.5)


def test_decile_mape_and_total_bias_by_hand():
    spend = np.arange(1.0, 11.0)
    assert metrics.decile_mape(spend, spend * 1.2) == pytest.approx(0.2)
    assert metrics.total_bias(spend, spend * 1.2) == pytest.approx(0.2)
    assert metrics.total_bias(spend, spend * 0.5) == pytest.approx(-0.5)


def test_value_metrics_of_a_shop_without_sales_are_nan():
    nothing, guess = np.zeros(5), np.arange(5.0)
    for metric in (
        metrics.normalized_gini,
        metrics.decile_mape,
        metrics.total_bias,
        metrics.top_decile_capture,
    ):
        assert np.isnan(metric(nothing, guess))
    assert np.isnan(metrics.spearman(nothing, guess))


def test_errors_are_in_currency():
    assert metrics.mean_absolute_error(np.array([0.0, 10.0]), np.array([1.0, 7.0])) == 2.0
    assert metrics.root_mean_squared_error(np.array([0.0, 10.0]), np.array([3.0, 6.0])) == pytest.approx(
        np.sqrt(12.5)
    )


def test_tails_are_judged_only_where_the_bound_is_above_zero():
    spend = np.array([0.0, 5.0, 0.0, 20.0])
    high = np.array([0.0, 4.0, 10.0, 30.0])
    low = np.array([0.0, 0.0, 0.0, 25.0])
    assert metrics.share_above_high(spend, high) == pytest.approx(1 / 3)
    assert metrics.share_at_high_or_above(spend, np.where(high > 0, spend, 0.0)) == 1.0
    assert metrics.share_at_high_or_above(spend, high) == pytest.approx(1 / 3)
    assert metrics.share_below_low(spend, low) == 1.0
    assert np.isnan(metrics.share_above_high(spend, np.zeros(4)))
