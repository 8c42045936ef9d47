"""The textbook's purchase models as peers: fitted by lifetimes where it converges, by us where it does not.

Predictions come from our formulas on either fit: they equal lifetimes' own (tests/models), and lifetimes
has none for "at least one purchase in the window".
"""

import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd

from models.bgnbd import BgNbd, fit_bgnbd
from models.cells import Cells, Floats, group_cells
from models.gamma_gamma import GammaGamma, fit_gamma_gamma
from models.optimise import FitReport
from models.paretonbd import ParetoNbd, fit_paretonbd

NARROWEST, WIDEST = 1e-4, 1e4
"""A parameter beyond these is no fit: the likelihood was still rising when the search gave up."""

_BY_LIFETIMES = FitReport(True, 0, 0, 1, float("nan"), 0.0, (), "Fitted by lifetimes.")


@dataclass(frozen=True)
class TextbookForecast:
    """P(return) and expected spend (shop currency) per customer in one window, and whose fits they are."""

    p_return: Floats
    spend: Floats
    fitted_by: str


def forecast_bgnbd(features: pd.DataFrame, window_days: int, seed: int) -> TextbookForecast:
    """BG/NBD x Gamma-Gamma, in `[as_of, as_of + window_days)` after the date of `features`."""
    cells = group_cells(features)
    unit = cells.time_unit
    found = _fit_with_lifetimes("BetaGeoFitter", cells.in_unit(unit), ("r", "alpha", "a", "b"), seed)
    if found is None:
        return _forecast(fit_bgnbd(cells, seed), "Tenure", features, window_days, seed)
    model = BgNbd(found["r"], found["alpha"] * unit, found["a"], found["b"], _BY_LIFETIMES)
    return _forecast(model, "lifetimes", features, window_days, seed)


def forecast_paretonbd(features: pd.DataFrame, window_days: int, seed: int) -> TextbookForecast:
    """Pareto/NBD x Gamma-Gamma, in `[as_of, as_of + window_days)` after the date of `features`."""
    cells = group_cells(features)
    unit = cells.time_unit
    found = _fit_with_lifetimes("ParetoNBDFitter", cells.in_unit(unit), ("r", "alpha", "s", "beta"), seed)
    if found is None:
        return _forecast(fit_paretonbd(cells, seed), "Tenure", features, window_days, seed)
    model = ParetoNbd(found["r"], found["alpha"] * unit, found["s"], found["beta"] * unit, _BY_LIFETIMES)
    return _forecast(model, "lifetimes", features, window_days, seed)


def _forecast(
    model: BgNbd | ParetoNbd, fitted_by: str, features: pd.DataFrame, window_days: int, seed: int
) -> TextbookForecast:
    history = features["frequency"], features["recency"], features["T"]
    spend_model, spend_fitted_by = _gamma_gamma(features, seed)
    spend = spend_model.expected_spend(features["frequency"], features["monetary_value"])
    return TextbookForecast(
        p_return=model.probability_of_return(window_days, *history),
        spend=model.expected_purchases(window_days, *history) * spend,
        fitted_by=fitted_by if fitted_by == spend_fitted_by else f"{fitted_by}, spend {spend_fitted_by}",
    )


def _gamma_gamma(features: pd.DataFrame, seed: int) -> tuple[GammaGamma, str]:
    """Gamma-Gamma as published: on the repeat purchase days of those who paid."""
    repeat = features[(features["frequency"] > 0) & (features["monetary_value"] > 0)]
    days, spend = repeat["frequency"], repeat["monetary_value"]

    def fit(fitter: Any) -> None:
        fitter.fit(days, spend)

    found = _lifetimes("GammaGammaFitter", fit, ("p", "q", "v"), seed) if len(repeat) else None
    if found is None or found["q"] <= 1:
        return fit_gamma_gamma(days, spend, seed), "Tenure"
    return GammaGamma(found["p"], found["q"], found["v"], None, _BY_LIFETIMES), "lifetimes"


def _fit_with_lifetimes(
    fitter: str, cells: Cells, names: tuple[str, ...], seed: int
) -> dict[str, float] | None:
    def fit(model: Any) -> None:
        model.fit(cells.frequency, cells.recency, cells.T, weights=cells.weight)

    return _lifetimes(fitter, fit, names, seed)


def _lifetimes(
    fitter: str, fit: Callable[[Any], None], names: tuple[str, ...], seed: int
) -> dict[str, float] | None:
    """The parameters lifetimes finds, or None where it raises or ends outside any sensible bounds."""
    # It prints what its search ended with where that was no answer.
    with warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        chained_assignment = pd.options.mode.chained_assignment
        # It starts its search from numpy's global random numbers.
        random_state = np.random.get_state()
        np.random.seed(seed)
        try:
            import lifetimes

            model = getattr(lifetimes, fitter)(penalizer_coef=0.0)
            fit(model)
        except Exception:  # lifetimes raises its own, numpy's, scipy's: each means that it found no answer
            return None
        finally:
            np.random.set_state(random_state)
            # Importing lifetimes sets this option for the whole process.
            pd.options.mode.chained_assignment = chained_assignment
    found = {name: float(model.params_[name]) for name in names}
    return found if all(NARROWEST < value < WIDEST for value in found.values()) else None
