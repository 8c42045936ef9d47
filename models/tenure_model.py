"""The model of a shop: everything that must agree to answer for a customer, in one value."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.special import expit, ndtri

from features.catalog import Feature, describe
from features.plan import FeaturePlan
from models import model_files
from models.assignments import Assignments
from models.cells import Floats
from models.churn import ReturnModel, never_furthest
from models.discount import discounted_share
from models.history import TypicalHistory, share_history
from models.horizons import Horizons
from models.matrix import beside_outlook, build_matrix, known_columns
from models.reasons import Reasons, explain
from models.renewals import AnyPurchases, ContractModels
from models.scores import ANSWERS
from models.spread import Spread
from models.standing import withhold
from models.value import SpendModel

Kind = Literal["learned", "btyd", "base_rate"]
MEDIAN, LOW, HIGH = 0.5, 0.1, 0.9


@dataclass(frozen=True)
class TenureModel:
    """A trained model. `why` says in a sentence with numbers why it is of its `kind`.

    `scale` is the shop's mean spend per purchase day, the unit of money inside. `returns_in_horizon` is None
    where no full CLV horizon lies in the past: then `returns` is carried over to the CLV horizon.
    `evidence` is what `training.evidence` measured on a held-out past date; None where none could be.
    """

    kind: Kind
    why: str
    seed: int
    plan: FeaturePlan
    horizons: Horizons
    trained_as_of: date
    scale: float
    purchases: AnyPurchases
    typical: TypicalHistory
    returns: ReturnModel
    returns_in_horizon: ReturnModel | None
    spend: SpendModel
    spread: Spread
    assignments: Assignments | None
    metrics: dict[str, float]
    grade: dict[str, Any] | None
    evidence: dict[str, Any] | None

    def predict(self, features: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """`customer_id` and every column of `models.scores.ANSWERS`, one row per row of `features`.

        Each customer's answer depends on their own row alone. All of them have bought, so all are eligible,
        but those with a contract about which the churn window decides nothing.
        """
        answers, reasons = self._predict(features, as_of)
        answers["reasons"] = pd.Series(reasons.lists(), index=answers.index, dtype=object)
        return self._finish(answers, features, as_of)

    def predict_written(self, features: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """The same with the reasons as JSON text, which takes less time for many customers."""
        answers, reasons = self._predict(features, as_of)
        answers["reasons"] = pd.Series(pd.array(reasons.written(), pd.ArrowDtype(pa.string())), answers.index)
        return self._finish(answers, features, as_of)

    def _predict(self, features: pd.DataFrame, as_of: date) -> tuple[pd.DataFrame, Reasons]:
        near, far = self._matrices(features)
        logit = self.returns.logit(near)
        answers = self._answer(features, as_of, near, far, logit)
        if self.assignments is not None:
            answers = pd.concat([answers, self.assignments.assign(features, answers)], axis=1)
        return answers, explain(self._contributions(features, near, logit), features, self._catalogue)

    def _finish(self, answers: pd.DataFrame, features: pd.DataFrame, as_of: date) -> pd.DataFrame:
        answers = withhold(answers, features, self.horizons.churn_window_days, as_of)
        return answers.reindex(columns=["customer_id", *(column.name for column in ANSWERS)])

    def answer(self, features: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """The forecasts and the facts, without assignments and reasons."""
        near, far = self._matrices(features)
        return self._answer(features, as_of, near, far, self.returns.logit(near))

    def _answer(
        self, features: pd.DataFrame, as_of: date, near: pd.DataFrame, far: pd.DataFrame, logit: Floats
    ) -> pd.DataFrame:
        far_logit = self._logit_in_horizon(near, far, logit)
        p_far = expit(far_logit)
        expected = self.spend.expected(far, p_far)
        # Value is what is left of spend today.
        worth = self.horizons.margin * discounted_share(self.purchases, features, self.horizons)
        value = self.scale * worth
        low, median, high = (
            worth * self._spend_at(level, features, far, p_far, expected) for level in (LOW, MEDIAN, HIGH)
        )
        churn = expit(-logit)
        if_return = np.maximum(
            far["btyd_purchases"].to_numpy(dtype=float) / expit(far["btyd_logit"].to_numpy(dtype=float)), 1.0
        )
        alive = self.purchases.probability_alive(features)
        return pd.DataFrame(
            {
                "customer_id": features["customer_id"],
                "eligible": True,
                "ineligible_reason": pd.Series(None, index=features.index, dtype="str"),
                "churn_probability": churn,
                "probability_alive": np.where(features["frequency"].to_numpy() > 0, alive, np.nan),
                "expected_purchases": p_far * if_return,
                "clv": value * expected,
                "clv_median": median,
                "clv_low": low,
                "clv_high": high,
                "value_at_risk": churn * value * expected / p_far,
                "expected_next_purchase_at": self._next_purchase(features, as_of, MEDIAN),
                "next_purchase_low_at": self._next_purchase(features, as_of, LOW),
                "next_purchase_high_at": self._next_purchase(features, as_of, HIGH),
                "historic_spend": features["historic_spend"].to_numpy(dtype=float),
                "purchase_count": features["purchase_count"].to_numpy(dtype="int64"),
                "days_since_last_purchase": features["days_since_last_purchase"].to_numpy(dtype="int64"),
            },
            index=features.index,
        )

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """What each column adds to the logit of the churn probability; rows sum to it. See `ReturnModel`."""
        outlook = self.purchases.outlook(features, self.horizons.churn_window_days)
        matrix = build_matrix(features, outlook, self._catalogue, self.scale)
        return self._contributions(features, matrix, self.returns.logit(matrix))

    def with_assignments(self, assignments: Assignments) -> "TenureModel":
        """The same model, sorting customers by these assignments."""
        return replace(self, assignments=assignments)

    def save(self, folder: Path) -> None:
        """Write the model into the new `folder`: JSON, and the boosters in LightGBM's text format."""
        model_files.write(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "TenureModel":
        """The model that `save` wrote; raises ConfigurationError where a file is missing or was changed."""
        return model_files.read(folder)

    @cached_property
    def _catalogue(self) -> tuple[Feature, ...]:
        return describe(self.plan)

    def _contributions(self, features: pd.DataFrame, matrix: pd.DataFrame, logit: Floats) -> pd.DataFrame:
        h = self.horizons.churn_window_days

        def logit_of(frequency: Floats, recency: Floats, T: Floats) -> Floats:
            return self.purchases.return_logit(h, frequency, recency, T)

        history = share_history(logit_of, features, self.typical, self.plan.typical_gap_days)
        if isinstance(self.purchases, ContractModels):
            history = self.purchases.share_history(history, features, self.typical, h)
        return self.returns.contributions(matrix, history, logit)

    def _matrices(self, features: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        known = known_columns(features, self._catalogue, self.scale)
        near_days, far_days = self.horizons.churn_window_days, self.horizons.clv_horizon_days
        near = beside_outlook(known, self.purchases.outlook(features, near_days), self.scale)
        if far_days == near_days:
            return near, near
        return near, beside_outlook(known, self.purchases.outlook(features, far_days), self.scale)

    def _logit_in_horizon(self, near: pd.DataFrame, far: pd.DataFrame, logit: Floats) -> Floats:
        """The logit of P(return in the CLV horizon): at least the churn window's where that is shorter."""
        if self.returns_in_horizon is None:
            # The season of the churn window says nothing about the rest of the horizon.
            learned = logit - self.returns.season - near["btyd_logit"].to_numpy(dtype=float)
            return never_furthest(far["btyd_logit"].to_numpy(dtype=float) + learned)
        carried = self.returns_in_horizon.logit(far)
        if self.horizons.clv_horizon_days >= self.horizons.churn_window_days:
            return np.maximum(carried, logit)
        return np.minimum(carried, logit)

    def _spend_at(
        self, level: float, features: pd.DataFrame, far: pd.DataFrame, p_far: Floats, expected: Floats
    ) -> Floats:
        """The quantile of spend in the CLV horizon, in shop currency; whole payments where contracts tell it."""
        spend = self.scale * self.spread.quantile(level, far, p_far, expected)
        if not isinstance(self.purchases, ContractModels):
            return spend
        chance = self.spread.chance_at(level, p_far)
        paid = self.purchases.spend_at(level, features, self.horizons.clv_horizon_days, chance)
        return np.where(np.isnan(paid), spend, paid)

    def _next_purchase(self, features: pd.DataFrame, as_of: date, level: float) -> npt.NDArray[np.datetime64]:
        """The day by which `level` of such customers have bought, of those who return, drawn to their rhythm."""
        horizon = max(self.horizons.churn_window_days, self.horizons.clv_horizon_days)
        wait = self.purchases.days_to_next_purchase(features, horizon, level)
        names = ("gap_mean_days", "gap_std_days", "regularity", "days_since_last_purchase")
        mean, std, regularity, silence = (features[name].to_numpy(dtype=float) for name in names)
        std = np.nan_to_num(std)
        due = np.nan_to_num(np.maximum(mean + float(ndtri(level)) * std - silence, 0.0))
        # 0.5 is a customer without rhythm, 1 one who buys like clockwork; whoever missed the beat has none now.
        rhythm = np.clip(2.0 * np.nan_to_num(regularity, nan=0.5) - 1.0, 0.0, 1.0)
        rhythm = np.where(silence <= mean + std, rhythm, 0.0)
        days = (1.0 - rhythm) * wait + rhythm * due
        return np.asarray(np.datetime64(as_of, "us") + np.floor(days).astype("timedelta64[D]"))
