"""Gamma-Gamma: what a customer spends on a purchase day, shrunk to the shop's mean the less is known of them.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, note 25.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import digamma, gammaln

from models.cells import Floats, by_value, sum_of_products
from models.optimise import SAMPLE, FitReport, Loss, Problem, maximise

WINSORISED_AT = 0.995  # quantile of mean spends above which Tenure's forecasts do not look


@dataclass(frozen=True)
class GammaGamma:
    """Spend on a day is Gamma(p, nu), nu of a customer is Gamma(q, v), q > 1; v in shop currency.

    A customer's mean spend counts up to `ceiling`, learned with the rest, so that one customer's answer does
    not depend on who is asked about beside them. Where amounts do not vary there is nothing to fit, and
    `constant` is the answer for everyone.
    """

    p: float
    q: float
    v: float
    constant: float | None
    report: FitReport
    ceiling: float | None = None

    def expected_spend(self, purchase_days: npt.ArrayLike, mean_spend: npt.ArrayLike) -> Floats:
        """Expected spend on a purchase day after `purchase_days` days of `mean_spend` on average.

        Eq. 5 of the note. The population's mean where nothing is known: no purchase day or a missing mean.
        """
        days = np.asarray(purchase_days, dtype=float)
        spend = np.asarray(mean_spend, dtype=float)
        if self.constant is not None:
            return np.full(days.shape, self.constant)
        known = np.where(np.isnan(spend), 0.0, days)
        if self.ceiling is not None:
            spend = np.minimum(spend, self.ceiling)
        expected: Floats = self.p * (self.v + known * np.nan_to_num(spend)) / (self.p * known + self.q - 1.0)
        return expected

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return asdict(self) | {"report": self.report.to_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "GammaGamma":
        """The model that `to_json` wrote."""
        return cls(**{**stored, "report": FitReport.from_json(stored["report"])})


def spend_of_all_days(summary: pd.DataFrame) -> pd.DataFrame:
    """`purchase_days` and `mean_spend` over all purchase days, the first one included.

    From the columns `frequency`, `monetary_value` and `first_amount`, one row per customer. Forecasts from
    all days ranked customers better than the published use, which leaves the first day out.
    """
    names = ("frequency", "monetary_value", "first_amount")
    frequency, repeat_mean, first = (summary[name].to_numpy(dtype=float) for name in names)
    repeat_spend = frequency * np.nan_to_num(repeat_mean)
    days = np.column_stack([frequency + 1.0, (first + repeat_spend) / (frequency + 1.0)])
    return pd.DataFrame(days, summary.index, ["purchase_days", "mean_spend"])


def fit_gamma_gamma(
    purchase_days: npt.ArrayLike, mean_spend: npt.ArrayLike, seed: int, winsorised_at: float | None = None
) -> GammaGamma:
    """The model of customers who spent `mean_spend` on average on `purchase_days` days. Never fails.

    As published, on `frequency` and `monetary_value` of the repeat buyers; as Tenure forecasts, on
    `spend_of_all_days`, winsorised at the quantile `WINSORISED_AT`. Customers who never paid anything are
    left out: a gamma distribution knows no zero.
    """
    days, spend = np.asarray(purchase_days, dtype=float), np.asarray(mean_spend, dtype=float)
    paid = (days > 0) & (spend > 0)
    days, spend = days[paid], spend[paid]
    if len(spend) < 2 or np.ptp(spend) <= 1e-9 * spend.max():
        return _constant(spend)
    ceiling = None if winsorised_at is None else float(np.quantile(spend, winsorised_at))
    if ceiling is not None:
        spend = np.minimum(spend, ceiling)
    unit = float(np.median(spend))
    drawn = np.random.default_rng(seed).integers(len(spend), size=SAMPLE)
    loss = _loss(days, spend / unit, unit)
    problem = Problem(
        names=("p", "q - 1", "v"),
        first_start=(np.log(2.0), np.log(2.0), np.log(1.5)),
        loss=loss,
        rough_loss=loss if len(spend) <= SAMPLE else _loss(days[drawn], spend[drawn] / unit, unit),
        customers=len(spend),
        cells=len(spend),
    )
    (p, q_above_one, v), report = maximise(problem, seed)
    return GammaGamma(float(p), float(1.0 + q_above_one), float(v * unit), None, report, ceiling)


def _constant(spend: Floats) -> GammaGamma:
    amount = float(spend.mean()) if len(spend) else 0.0
    said = (
        f"All {len(spend):,} customers who paid spent the same"
        if len(spend) > 1
        else "Too few customers paid"
    )
    sentence = f"{said}: every purchase day is expected to bring {amount:,.2f}."
    report = FitReport(True, len(spend), len(spend), 0, 0.0, 0.0, (), sentence)
    return GammaGamma(1.0, 2.0, amount, amount, report)


def _loss(days: Floats, spend: Floats, unit: float) -> Loss:
    """Mean negative log-likelihood per customer (eq. 1a), by (log p, log(q - 1), log v), spend in `unit`."""
    total, log_spend = days * spend, np.log(spend)
    counts, index = by_value(days)
    count_weight = np.bincount(index) / len(days)
    mean_log_spend = float(np.mean(log_spend))
    mean_log_total = float(np.mean(days * (log_spend + np.log(days))))
    in_unit = float(np.log(unit))

    def loss(theta: Floats) -> tuple[float, Floats]:
        p, q_above_one, v = np.exp(theta)
        q = 1.0 + q_above_one
        with_v = total + v
        log_sum = np.log(with_v)
        mean_log_sum, mean_days_log_sum = float(np.mean(log_sum)), sum_of_products(days, log_sum) / len(days)
        share = np.reciprocal(with_v, out=with_v)
        mean_share, mean_days_share = float(np.mean(share)), sum_of_products(days, share) / len(days)
        value = (
            count_weight @ (gammaln(p * counts + q) - gammaln(p * counts))
            - gammaln(q)
            + q * theta[2]
            + p * (mean_log_total - mean_days_log_sum)
            - mean_log_spend
            - q * mean_log_sum
            - in_unit
        )
        slope_p = count_weight @ (counts * (digamma(p * counts + q) - digamma(p * counts)))
        slope_p += mean_log_total - mean_days_log_sum
        slope_q = count_weight @ digamma(p * counts + q) - digamma(q) + theta[2] - mean_log_sum
        slope_v = q / v - p * mean_days_share - q * mean_share
        return -float(value), -np.array([p * slope_p, q_above_one * slope_q, v * slope_v])

    return loss
