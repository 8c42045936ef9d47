"""What past customers were expected to spend if they returned: by models that had learned from them, and from others.

What a model says of the rows that it has learned from is nearer than what it says of anybody else. Half of the
customers are therefore told by models of the other half. Those err by more than a model of all: what an error owes
to chance goes with one over the number of customers, so that it is twice as large there. Half way between the two
lies what the model of all says of customers that it has never seen. Of many customers it says the same of both.
"""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from models.cells import Floats
from models.churn import ReturnModel
from models.value import SpendModel
from training.examples import Examples
from training.season import level_returns, level_spend

Fit = Callable[[Examples], tuple[ReturnModel, SpendModel]]

SMALLEST = 1e-9  # mean purchase days, so that nothing expected has a logarithm
FEW_CUSTOMERS = 5_000


def spend_if_return(
    examples: Examples, returns: ReturnModel, spend: SpendModel, fit: Fit, customers: int
) -> Floats:
    """In mean purchase days, one number per row; `returns` and `spend` are what `fit` learned from all rows.

    Of more than `FEW_CUSTOMERS` they alone are asked.
    Where the season to come is known, past dates are levelled first: each had a season of its own.
    """
    own = _log_if_return(examples, *_answers(examples, returns, spend))
    if customers > FEW_CUSTOMERS:
        return np.asarray(np.exp(own))
    p_return, expected = (np.empty(len(own)) for _ in range(2))
    for half in (examples.half, ~examples.half):
        others = fit(_only(examples, ~half))
        p_return[half], expected[half] = _answers(_only(examples, half), *others)
    return np.asarray(np.exp((own + _log_if_return(examples, p_return, expected)) / 2))


def _answers(examples: Examples, returns: ReturnModel, spend: SpendModel) -> tuple[Floats, Floats]:
    p_return = expit(returns.logit(examples.matrix))
    return p_return, spend.expected(examples.matrix, p_return)


def _log_if_return(examples: Examples, p_return: Floats, expected: Floats) -> Floats:
    if examples.is_same_season.any():
        levelled = expit(level_returns(examples, logit(p_return)))
        p_return, expected = levelled, level_spend(examples, expected * levelled / p_return)
    return np.asarray(np.log(np.maximum(expected / p_return, SMALLEST)))


def _only(examples: Examples, rows: npt.NDArray[np.bool_]) -> Examples:
    chosen = {
        field.name: getattr(examples, field.name)[rows]
        for field in fields(examples)
        if field.name not in ("rows_in_all", "swing")
    }
    return replace(examples, **chosen | {"matrix": chosen["matrix"].reset_index(drop=True)})
