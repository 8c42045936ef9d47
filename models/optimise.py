"""Maximum likelihood that always ends with usable parameters, and says how it got there.

Parameters are positive and searched in log space within bounds, by L-BFGS-B from several starts. The plain
likelihood comes first, because where it has a proper maximum that is the published answer. Where it has none
(everybody bought once, ten customers, no dropout to be seen) a small ridge on the log parameters decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from models.cells import Cells, Floats

# Mean negative log-likelihood per customer, and its gradient, at the log parameters.
Loss = Callable[[Floats], tuple[float, Floats]]

LOWEST, HIGHEST = -7.0, 9.0  # log parameters, time in tenths of the mean age
RIDGE = 1e-4  # on |log parameters|^2, per customer
RIDGE_OF_ALL = 0.05  # the same for all customers together: what counts where they are few
SAMPLE = 50_000  # customers who rank the starts
FLAT = 1e-4  # the steepest slope of the loss that still counts as its minimum


@dataclass(frozen=True)
class FitReport:
    """How a fit went: nothing here changes an answer, all of it tells how far to believe one."""

    converged: bool
    customers: int
    cells: int
    starts: int
    log_likelihood: float
    penalty: float
    at_bounds: tuple[str, ...]
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` is the way back."""
        return asdict(self) | {"at_bounds": list(self.at_bounds)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "FitReport":
        """The report that `to_json` wrote."""
        return cls(**{**stored, "at_bounds": tuple(stored["at_bounds"])})


@dataclass(frozen=True)
class Problem:
    """A likelihood to maximise; where customers are many, `rough_loss` of a sample ranks the starts."""

    names: Sequence[str]
    first_start: Sequence[float]
    loss: Loss
    rough_loss: Loss | None
    customers: int
    cells: int


def purchase_problem(
    loss: Callable[[Cells], Loss], cells: Cells, seed: int, names: Sequence[str], first_start: Sequence[float]
) -> Problem:
    """The problem of a purchase model, with time in tenths of the mean age, `first_start` too."""
    scaled = cells.in_unit(cells.time_unit)
    # a density of purchase times is per unit of time: this much makes it per unit of the cells given
    per_unit = float(cells.frequency @ cells.weight) / float(cells.weight.sum()) * np.log(cells.time_unit)

    def in_unit_of_cells(theta: Floats) -> tuple[float, Floats]:
        value, slope = whole(theta)
        return value + per_unit, slope

    whole = loss(scaled)
    return Problem(
        names=names,
        first_start=tuple(np.log(first_start)),
        loss=in_unit_of_cells,
        rough_loss=None if cells.customers <= SAMPLE else loss(scaled.sample(SAMPLE, seed)),
        customers=cells.customers,
        cells=len(cells.weight),
    )


@dataclass(frozen=True)
class _Optimum:
    theta: Floats
    loss: float
    slope: float

    @property
    def inside(self) -> bool:
        return bool(np.all(self.theta > LOWEST + 1e-3) and np.all(self.theta < HIGHEST - 1e-3))

    @property
    def converged(self) -> bool:
        return bool(np.isfinite(self.loss)) and self.slope < FLAT


def maximise(problem: Problem, seed: int, starts: int = 3) -> tuple[Floats, FitReport]:
    """The best parameters (not their logs) in the unit of time of the loss, and the report."""
    penalty = 0.0
    best = _search(problem, penalty, seed, starts)
    plain = best
    if not (best.inside and best.converged):
        penalty = RIDGE + RIDGE_OF_ALL / problem.customers
        best = _search(problem, penalty, seed, starts)
    report = FitReport(
        converged=best.converged,
        customers=problem.customers,
        cells=problem.cells,
        starts=starts,
        log_likelihood=-float(problem.loss(best.theta)[0]) * problem.customers,
        penalty=penalty,
        at_bounds=_at_bounds(best, problem.names),
        sentence=_sentence(plain, best, penalty, problem),
    )
    return np.exp(best.theta), report


def _search(problem: Problem, penalty: float, seed: int, starts: int) -> _Optimum:
    random = np.random.default_rng(seed)
    first = np.asarray(problem.first_start, dtype=float)
    points = [first, *(first + random.normal(0.0, 1.0, len(first)) for _ in range(starts - 1))]
    found = [_descend(problem.rough_loss or problem.loss, point, penalty) for point in points]
    best = min(found, key=lambda optimum: optimum.loss)
    return best if problem.rough_loss is None else _descend(problem.loss, best.theta, penalty)


def _descend(loss: Loss, start: Floats, penalty: float) -> _Optimum:
    def penalised(theta: Floats) -> tuple[float, Floats]:
        value, slope = loss(theta)
        return value + penalty * float(theta @ theta), slope + 2.0 * penalty * theta

    found = minimize(
        penalised,
        np.clip(start, LOWEST, HIGHEST),
        jac=True,
        method="L-BFGS-B",
        bounds=[(LOWEST, HIGHEST)] * len(start),
        options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20},
    )
    theta = np.asarray(found.x, dtype=float)
    value, slope = penalised(theta)
    downhill = np.clip(theta - slope, LOWEST, HIGHEST) - theta  # what is left to gain inside the bounds
    return _Optimum(theta, value, float(np.abs(downhill).max()))


def _at_bounds(optimum: _Optimum, names: Sequence[str]) -> tuple[str, ...]:
    stuck = (optimum.theta <= LOWEST + 1e-3) | (optimum.theta >= HIGHEST - 1e-3)
    return tuple(name for name, at_bound in zip(names, stuck, strict=True) if at_bound)


def _sentence(plain: _Optimum, best: _Optimum, penalty: float, problem: Problem) -> str:
    count = f"{problem.customers:,} customer{'s' if problem.customers != 1 else ''}"
    if penalty == 0.0:
        return f"Fitted to {count} by plain maximum likelihood."
    stuck = _at_bounds(plain, problem.names)
    trouble = f"drives {' and '.join(stuck)} to a limit" if stuck else "has no clear maximum"
    outcome = "" if best.converged else " The search did not settle: read the answers as rough."
    return f"The plain likelihood of {count} {trouble}; fitted with a penalty of {penalty:.2g}.{outcome}"
