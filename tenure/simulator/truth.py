"""The truth about each customer: hidden state, what happened, what was to be expected of it."""

import numpy as np
import pyarrow as pa

from tenure.simulator.arrays import Flags, Floats, totals
from tenure.simulator.clock import Clock
from tenure.simulator.customers import Customers
from tenure.simulator.expectations import (
    expected_purchases,
    expected_purchases_with_pauses,
    probability_of_return,
    probability_of_return_with_pauses,
)
from tenure.simulator.lives import Lives
from tenure.simulator.posterior import History, bgnbd_posterior, expected_order_amount, regular_posterior
from tenure.simulator.purchases import MEAN_REFUNDED, Orders, happened
from tenure.simulator.scenario import Scenario
from tenure.simulator.times import timestamps
from tenure.simulator.worlds import Population, find_world


def truth_table(
    customers: Customers,
    population: Population,
    clock: Clock,
    lives: Lives,
    orders: Orders,
    scenario: Scenario,
) -> pa.Table:
    """One row per customer: hidden state, then what happened, then what was to be expected of it.

    `returned` and the probabilities look at the churn window; `purchases` (orders), `spend` and the expected
    ones at the CLV horizon. Expected spend is net of the refunds that its orders bring; refunds that cross
    an edge of the horizon are left out, under 0.1% of a year's spend.
    The posterior columns are empty where there is no sound one: customers who pause, and worlds of several
    populations, where the history does not say which one a customer is of.
    """
    count, as_of = len(customers), float(scenario.history_days)
    last = lives.starts[:-1] + np.bincount(lives.customer[lives.at < as_of], minlength=count) - 1
    is_alive = lives.dropout_at >= as_of
    is_paused = is_alive & (lives.paused_until[last] > as_of)
    returned, _ = happened(lives, orders, as_of, as_of + scenario.churn_window_days)
    purchases, spend = happened(lives, orders, as_of, as_of + scenario.clv_horizon_days)
    return pa.table(
        {
            "customer_id": customers.ids,
            "population": pa.array([population.name]).take(pa.array(np.zeros(count, dtype=np.int64))),
            "purchase_rate": customers.rate,
            "gap_shape": customers.gap_shape,
            "dropout_probability": _column(customers.dropout_probability, population.leaves_after_purchase),
            "dropout_rate": _column(customers.dropout_rate, population.leaves_over_time),
            "mean_spend": customers.mean_spend,
            "engagement": customers.engagement,
            "dropout_at": timestamps(lives.dropout_at, scenario, known=np.isfinite(lives.dropout_at)),
            "is_alive": is_alive,
            "is_paused": is_paused,
            "returned": returned > 0,
            "purchases": purchases,
            "spend": np.round(spend, 2),
            **_expected(customers, population, clock, lives.at[last], is_alive, is_paused, scenario),
            **_knowable(population, clock, lives, orders, scenario),
        }
    )


def _expected(
    customers: Customers,
    population: Population,
    clock: Clock,
    last_at: Floats,
    is_alive: Flags,
    is_paused: Flags,
    scenario: Scenario,
) -> dict[str, Floats]:
    """Given the hidden state; nothing is expected of those who have left."""
    now, window, horizon = (np.full(len(customers), each) for each in _ahead(clock, scenario))
    rate, shape, leaves = customers.rate, customers.gap_shape, customers.dropout_rate
    if population.pause_probability > 0:
        pauses, wakes = population.pause_probability, 1 / population.pause_days
        returns = probability_of_return_with_pauses(window, is_paused, rate, leaves, wakes)
        purchases = expected_purchases_with_pauses(horizon, is_paused, rate, leaves, pauses, wakes)
    else:
        silence = now - clock.shop_time(last_at)
        returns = probability_of_return(window, silence, rate, shape, leaves)
        leaving = leaves + rate * customers.dropout_probability
        purchases = expected_purchases(horizon, silence, rate, shape, leaving)
    purchases = np.where(is_alive, purchases, 0.0)
    return {
        "probability_of_return": np.where(is_alive, returns, 0.0),
        "expected_purchases": purchases,
        "expected_spend": purchases * customers.mean_spend * _kept_share(scenario),
    }


def _knowable(
    population: Population, clock: Clock, lives: Lives, orders: Orders, scenario: Scenario
) -> dict[str, pa.Array]:
    """Posteriors given the purchase history and the population's true parameters."""
    history = _history(clock, lives, orders, float(scenario.history_days))
    _, window, horizon = _ahead(clock, scenario)
    alive, returns, purchases = None, None, None
    if len(find_world(scenario.world)) > 1:
        pass
    elif population.leaves_after_purchase is not None:
        alive, returns, purchases = bgnbd_posterior(population, history, window, horizon)
    elif population.pause_probability == 0:
        alive, returns = regular_posterior(population, history, window)
    spend = None if purchases is None else purchases * expected_order_amount(history) * _kept_share(scenario)
    answers = {"probability_alive": alive, "probability_of_return": returns}
    answers |= {"expected_purchases": purchases, "expected_spend": spend}
    count = len(history.age)
    return {f"posterior_{name}": _column(answer, answer, count) for name, answer in answers.items()}


def _history(clock: Clock, lives: Lives, orders: Orders, as_of: float) -> History:
    past = lives.at < as_of
    who, at = lives.customer[past], clock.shop_time(lives.at[past])
    counts = np.bincount(who)
    repeats: Floats = counts.astype(np.float64) - 1
    born = at[np.concatenate([[0], np.cumsum(counts)[:-1]])]
    is_own = np.diff(who) == 0
    return History(
        repeats=repeats,
        last_at=at[np.cumsum(counts) - 1] - born,
        age=clock.shop_time(np.array([as_of])) - born,
        log_gaps=totals(who[1:][is_own], np.log(np.diff(at)[is_own]), len(counts)),
        mean_amount=totals(who, orders.amount[past], len(counts)) / counts,
    )


def _ahead(clock: Clock, scenario: Scenario) -> tuple[float, float, float]:
    """Now, the churn window and the CLV horizon in shop time."""
    days = np.array([0, scenario.churn_window_days, scenario.clv_horizon_days])
    now, window, horizon = clock.shop_time(scenario.history_days + days)
    return float(now), float(window - now), float(horizon - now)


def _kept_share(scenario: Scenario) -> float:
    return 1 - scenario.refund_share * MEAN_REFUNDED


def _column(values: Floats | None, given: object, count: int = 0) -> pa.Array:
    """The values, or as many empty cells where nothing is given."""
    if given is None or values is None:
        return pa.nulls(count if values is None else len(values), pa.float64())
    return pa.array(values)
