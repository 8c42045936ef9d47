"""The language of the evaluation: how well returns and spend were predicted, as small pure functions.

Every function takes what happened first and what was predicted second. `actual` of the churn metrics
is 1 for a customer who bought in the window; where a metric looks at churners it says so.
A metric that the sample cannot answer (one class only, no spend at all) is nan, never an error.
"""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Numbers = npt.NDArray[np.float64]

_SMALLEST = 1e-12


def roc_auc(actual: Numbers, predicted: Numbers) -> float:
    """Chance that a random positive is ranked above a random negative; ties count half."""
    positives = actual > 0
    n_positive, n_negative = int(positives.sum()), int((~positives).sum())
    if n_positive == 0 or n_negative == 0:
        return float("nan")
    rank_sum = rankdata(predicted)[positives].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def average_precision(actual: Numbers, predicted: Numbers) -> float:
    """Precision averaged over the recall steps; customers with equal predictions share one step."""
    positives = (actual > 0).astype(float)
    if positives.sum() == 0:
        return float("nan")
    order = np.argsort(-predicted, kind="stable")
    last_of_tie = np.append(np.diff(predicted[order]) != 0, True)
    found = np.cumsum(positives[order])[last_of_tie]
    listed = np.arange(1, len(order) + 1)[last_of_tie]
    return float(np.sum(np.diff(found, prepend=0.0) * found / listed) / positives.sum())


def log_loss(actual: Numbers, predicted: Numbers) -> float:
    """Mean negative log-likelihood in nats."""
    p = np.clip(predicted, _SMALLEST, 1 - _SMALLEST)
    return float(-np.mean(np.where(actual > 0, np.log(p), np.log1p(-p))))


def brier_score(actual: Numbers, predicted: Numbers) -> float:
    """Mean squared distance between the probability and what happened."""
    return float(np.mean((predicted - (actual > 0)) ** 2))


def ece(actual: Numbers, predicted: Numbers, bins: int = 10) -> float:
    """Expected calibration error over `bins` groups of equal size along the predicted probability."""
    order = np.argsort(predicted, kind="stable")
    gaps = [
        abs(float(np.sum((actual[group] > 0) - predicted[group]))) for group in np.array_split(order, bins)
    ]
    return float(sum(gaps) / len(predicted))


def ece_noise_floor(predicted: Numbers, bins: int = 10) -> float:
    """The `ece` that a perfectly calibrated model of these predictions shows by chance alone.

    The mean of |N(0, s^2)| is s sqrt(2 / pi), with s^2 = sum p (1 - p) in each group.
    """
    order = np.argsort(predicted, kind="stable")
    deviations = [
        float(np.sqrt(np.sum(predicted[group] * (1 - predicted[group]))))
        for group in np.array_split(order, bins)
    ]
    return float(np.sqrt(2 / np.pi) * sum(deviations) / len(predicted))


def lift_at_10pct(actual: Numbers, predicted: Numbers) -> float:
    """How many times more often than average the tenth with the highest predictions is positive.

    Give churners as `actual` and churn probabilities as `predicted` for the lift of an at-risk list.
    """
    positives = (actual > 0).astype(float)
    if positives.sum() == 0:
        return float("nan")
    return float(_mean_of_first(positives, predicted, _tenth(predicted)) / positives.mean())


def normalized_gini(actual: Numbers, predicted: Numbers) -> float:
    """Gini of the spend ranked by prediction, over the Gini of the perfect ranking (Wang et al. 2019).

    Equal predictions share their spend evenly, so a constant prediction scores 0.
    """
    perfect = _gini(actual, actual)
    return _gini(actual, predicted) / perfect if perfect > 0 else float("nan")


def spearman(actual: Numbers, predicted: Numbers) -> float:
    """Rank correlation; ties take their mean rank. A constant side has none (nan)."""
    a, p = rankdata(actual), rankdata(predicted)
    spread = float(np.std(a) * np.std(p))
    return float(np.mean((a - a.mean()) * (p - p.mean())) / spread) if spread > 0 else float("nan")


def decile_mape(actual: Numbers, predicted: Numbers) -> float:
    """Mean over the deciles of predicted spend of |predicted - actual| / actual (Wang et al. 2019).

    Deciles in which nobody spent anything are left out: no percentage of zero exists.
    """
    order = np.argsort(predicted, kind="stable")
    errors = [
        abs(float(predicted[group].sum() / actual[group].sum()) - 1)
        for group in np.array_split(order, 10)
        if len(group) and actual[group].sum() > 0
    ]
    return float(np.mean(errors)) if errors else float("nan")


def total_bias(actual: Numbers, predicted: Numbers) -> float:
    """Predicted total over the actual total, minus 1: +0.1 is a tenth too much."""
    total = float(actual.sum())
    return float(predicted.sum() / total - 1) if total > 0 else float("nan")


def top_decile_capture(actual: Numbers, predicted: Numbers) -> float:
    """Spend of the tenth predicted best, over the spend of the tenth that truly was best."""
    best = _mean_of_first(actual, actual, _tenth(actual))
    return _mean_of_first(actual, predicted, _tenth(actual)) / best if best > 0 else float("nan")


def mean_absolute_error(actual: Numbers, predicted: Numbers) -> float:
    """In shop currency; honest for a median forecast only."""
    return float(np.mean(np.abs(predicted - actual)))


def root_mean_squared_error(actual: Numbers, predicted: Numbers) -> float:
    """In shop currency; honest for a mean forecast."""
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))


def share_above_high(actual: Numbers, high: Numbers) -> float:
    """Share that spent more than their 90th percentile, where that is above zero: 0.1 is right."""
    judged = high > 0
    return float(np.mean(actual[judged] > high[judged])) if judged.any() else float("nan")


def share_at_high_or_above(actual: Numbers, high: Numbers) -> float:
    """Share that spent their 90th percentile or more, where that is above zero: of amounts that come in whole
    payments many spend just that, and 0.1 lies between this and `share_above_high`."""
    judged = high > 0
    return float(np.mean(actual[judged] >= high[judged])) if judged.any() else float("nan")


def share_below_low(actual: Numbers, low: Numbers) -> float:
    """Share that spent less than their 10th percentile, where that is above zero: 0.1 is right."""
    judged = low > 0
    return float(np.mean(actual[judged] < low[judged])) if judged.any() else float("nan")


def _gini(actual: Numbers, ranking: Numbers) -> float:
    total = float(actual.sum())
    if total <= 0:
        return 0.0
    n = len(actual)
    # The area under the Lorenz curve only needs mean ranks: ties then share evenly by themselves.
    ranks = rankdata(ranking)
    return float(2 * np.sum(ranks * actual) / (n * total) - (n + 1) / n)


def _tenth(numbers: Numbers) -> int:
    return max(1, round(len(numbers) / 10))


def _mean_of_first(actual: Numbers, ranking: Numbers, count: int) -> float:
    """Mean of the `count` ranked highest; those tied at the edge enter with their mean."""
    edge = np.sort(ranking)[::-1][count - 1]
    above, tied = ranking > edge, ranking == edge
    return float((actual[above].sum() + (count - above.sum()) * actual[tied].mean()) / count)


def churn_metrics(returned: Numbers, p_return: Numbers) -> dict[str, float]:
    """How well returns were told, by name of the metric; lift and precision look at the churners."""
    churned, p_churn = 1 - returned, 1 - p_return
    return {
        "roc_auc": roc_auc(returned, p_return),
        "average_precision": average_precision(churned, p_churn),
        "log_loss": log_loss(returned, p_return),
        "brier_score": brier_score(returned, p_return),
        "ece": ece(returned, p_return),
        "ece_noise_floor": ece_noise_floor(p_return),
        "lift_at_10pct": lift_at_10pct(churned, p_churn),
    }


def value_metrics(spend: Numbers, told: Numbers) -> dict[str, float]:
    """How well spend was told by one number a customer, by name of the metric."""
    return {
        "normalized_gini": normalized_gini(spend, told),
        "spearman": spearman(spend, told),
        "rmse": root_mean_squared_error(spend, told),
        "decile_mape": decile_mape(spend, told),
        "total_bias": total_bias(spend, told),
        "top_decile_capture": top_decile_capture(spend, told),
    }
