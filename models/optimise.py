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
from threadpoolctl import threadpool_limits

from models.cells import Cells, Floats

# Mean negative log-likelihood per customer, and its gradient, at the log parameters.
Loss = Callable[[Floats], tuple[float, Floats]]

TIMES = ("alpha", "beta")  # parameters that are times
LOWEST, HIGHEST = -7.0, 9.0  # log parameters, time in tenths of the mean age
RIDGE = 1e-4  # on |log parameters|^2, per customer
RIDGE_OF_ALL = 0.05  # the same for all customers together: what counts where they are few
SAMPLE = 10_000  # customers who rank the starts
STEEP = 1e-4  # the steepest slope of the loss that still counts as its minimum
NEAR, SETTLED = 1.0, 1e-9  # the longest step of a polish, and the last one, in log parameters
POLISHES = 20
VAGUE = 10.0  # a standard error of a log parameter beyond which the likelihood does not know it


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
    rough_loss: Loss
    customers: int
    cells: int


def purchase_problem(
    loss: Callable[[Cells], Loss], cells: Cells, seed: int, names: Sequence[str], first_start: Sequence[float]
) -> Problem:
    """The problem of a purchase model, with time in tenths of the mean age, `first_start` too.

    `loss` takes the cells and its parameters in the unit of time of the cells.
    """
    to_cells = np.array([np.log(cells.time_unit) if name in TIMES else 0.0 for name in names])

    def scaled(own: Loss) -> Loss:
        return lambda theta: own(theta + to_cells)

    whole = scaled(loss(cells))
    return Problem(
        names=names,
        first_start=tuple(np.log(first_start)),
        loss=whole,
        rough_loss=whole if cells.customers <= SAMPLE else scaled(loss(cells.sample(SAMPLE, seed))),
        customers=cells.customers,
        cells=len(cells.weight),
    )


def maximise(problem: Problem, seed: int, starts: int = 3) -> tuple[Floats, FitReport]:
    """The best parameters (not their logs) in the unit of time of the loss, and the report."""
    with threadpool_limits(limits=1, user_api="blas"):  # threads only wait on matrices of ten by ten
        return _maximise(problem, seed, starts)


def _maximise(problem: Problem, seed: int, starts: int) -> tuple[Floats, FitReport]:
    penalty = 0.0
    best, value, slope = _search(problem, penalty, seed, starts)
    trouble = _trouble(problem, best, slope)
    if trouble:
        penalty = RIDGE + RIDGE_OF_ALL / problem.customers
        best, value, slope = _search(problem, penalty, seed, starts)
    converged = slope < STEEP
    report = FitReport(
        converged=converged,
        customers=problem.customers,
        cells=problem.cells,
        starts=starts,
        log_likelihood=-float(value - penalty * (best @ best)) * problem.customers,
        penalty=penalty,
        at_bounds=_at_bounds(problem, best),
        sentence=_sentence(problem, trouble, penalty, converged),
    )
    return np.exp(best), report


def _search(problem: Problem, penalty: float, seed: int, starts: int) -> tuple[Floats, float, float]:
    """The best log parameters, the penalised loss there and the slope that is left."""
    random = np.random.default_rng(seed)
    first = np.asarray(problem.first_start, dtype=float)
    points = [first, *(first + random.normal(0.0, 1.0, len(first)) for _ in range(starts - 1))]
    rough, exact = _penalised(problem.rough_loss, penalty), _penalised(problem.loss, penalty)
    best = min((_descend(rough, point, 1e-5) for point in points), key=lambda theta: rough(theta)[0])
    polished = None if problem.rough_loss is problem.loss else _polish(rough, exact, best)
    if polished is None:
        best = _descend(exact, best, 1e-8)
        polished = best, *exact(best)
    best, value, slope = polished
    downhill = np.clip(best - slope, LOWEST, HIGHEST) - best  # what is left to gain inside the bounds
    return best, value, float(np.abs(downhill).max())


def _polish(rough: Loss, exact: Loss, theta: Floats) -> tuple[Floats, float, Floats] | None:
    """The minimum of `exact` near that of `rough`, the loss there and its slope; None where it is not near.

    Newton's steps with the curvature of `rough`, corrected by what each step finds (BFGS): a handful of
    evaluations of all customers, where a search that learns the curvature by itself takes dozens.
    """
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(_curvature(rough, theta)))
    except np.linalg.LinAlgError:  # a plateau or a saddle
        return None
    inverse = inverse.T @ inverse
    value, slope = exact(theta)
    for _ in range(POLISHES):
        step = -inverse @ slope
        if not np.abs(step).max() < NEAR:
            return None
        if np.abs(step).max() < SETTLED:
            return theta, value, slope
        ahead = theta + step
        if (ahead <= LOWEST).any() or (ahead >= HIGHEST).any():
            return None
        value, next_slope = exact(ahead)
        change = next_slope - slope
        if not step @ change > 0.0:
            return None
        theta, slope = ahead, next_slope
        turn = np.eye(len(step)) - np.outer(step, change) / (step @ change)
        inverse = turn @ inverse @ turn.T + np.outer(step, step) / (step @ change)
    return None


def _penalised(loss: Loss, penalty: float) -> Loss:
    def penalised(theta: Floats) -> tuple[float, Floats]:
        value, slope = loss(theta)
        return value + penalty * float(theta @ theta), slope + 2.0 * penalty * theta

    return penalised


def _descend(loss: Loss, start: Floats, slope: float) -> Floats:
    found = minimize(
        loss,
        np.clip(start, LOWEST, HIGHEST),
        jac=True,
        method="L-BFGS-B",
        bounds=[(LOWEST, HIGHEST)] * len(start),
        options={"maxiter": 500, "ftol": 1e-15, "gtol": slope, "maxcor": 10},
    )
    return np.asarray(found.x, dtype=float)


def _trouble(problem: Problem, theta: Floats, slope: float) -> str:
    """Why the plain likelihood has no proper maximum at `theta`; empty if it has one."""
    stuck = _at_bounds(problem, theta)
    if stuck:
        return f"drives {' and '.join(stuck)} to a limit"
    if not slope < STEEP:
        return "did not settle"
    if not _largest_standard_error(problem, theta) < VAGUE:
        return "is too flat to choose"
    return ""


def _at_bounds(problem: Problem, theta: Floats) -> tuple[str, ...]:
    stuck = (theta <= LOWEST + 1e-3) | (theta >= HIGHEST - 1e-3)
    return tuple(name for name, at_bound in zip(problem.names, stuck, strict=True) if at_bound)


def _largest_standard_error(problem: Problem, theta: Floats) -> float:
    """Of the log parameters along their least certain direction; infinite on a plateau or a saddle."""
    flattest = float(np.linalg.eigvalsh(_curvature(problem.rough_loss, theta))[0]) * problem.customers
    return flattest**-0.5 if flattest > 0.0 else float("inf")


def _curvature(loss: Loss, theta: Floats) -> Floats:
    step = 1e-4 * np.eye(len(theta))
    curvature = np.array([loss(theta + h)[1] - loss(theta - h)[1] for h in step]) / 2e-4
    return np.asarray((curvature + curvature.T) / 2.0)


def _sentence(problem: Problem, trouble: str, penalty: float, converged: bool) -> str:
    customers = f"{problem.customers:,} customer{'s' if problem.customers != 1 else ''}"
    if not trouble:
        return f"Fitted to {customers} by plain maximum likelihood."
    unsettled = "" if converged else " That search did not settle either: read the answers as rough."
    return (
        f"The plain likelihood of {customers} {trouble}; fitted with a penalty of {penalty:.2g}.{unsettled}"
    )
