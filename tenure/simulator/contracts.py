"""A shop of contracts whose truth is known: chances to leave are beta-distributed, as in the textbook.

Whoever comes to a renewal leaves with a chance of their own that never changes. Some of those who left hold
another contract later, with the same chance. There are two plans, with the parameters of the two segments in
Fader & Hardie (2007).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.simulator.arrays import Flags, Floats, Integers, texts
from tenure.simulator.scenario import Scenario
from tenure.simulator.times import timestamps

PERIOD = 30
COMES_BACK, LEAST_BREAK, MEAN_BREAK = 0.15, 60.0, 150.0
ANNOUNCED = 0.3  # share of the ends still to come that stand in the export already
FADED = 0.35  # of the sessions, in the period after which a contract is not renewed


@dataclass(frozen=True)
class Plan:
    """What a period costs, and the beta distribution of the chance to leave at a renewal."""

    name: str
    amount: float
    alpha: float
    beta: float


PLANS = (Plan("regular", 20.0, 0.704, 1.182), Plan("high end", 45.0, 0.668, 3.806))


@dataclass(frozen=True)
class SubscriptionShop:
    """What the shop has before `as_of`, the payments withheld from it, and the truth."""

    subscriptions: pa.Table
    interactions: pa.Table
    customers: pa.Table
    future_purchases: pa.Table
    truth: pa.Table


@dataclass(frozen=True)
class Contracts:
    """One row per contract, by customer and start; days since the start of history, `paid` periods in all."""

    customer: Integers
    started: Floats
    paid: Integers

    @property
    def ended(self) -> Floats:
        """The day on which the first renewal is due that is not paid."""
        return self.started + PERIOD * self.paid


def simulate_contracts(scenario: Scenario) -> SubscriptionShop:
    """The shop of `scenario`; its `churn_window_days` should be PERIOD, so that every contract falls due once."""
    rng = np.random.default_rng([scenario.seed, 0])
    number = scenario.customers
    plan = rng.integers(len(PLANS), size=number)
    leaving = np.empty(number)
    for place, terms in enumerate(PLANS):
        members = plan == place
        leaving[members] = rng.beta(terms.alpha, terms.beta, int(members.sum()))
    leaving = np.clip(leaving, 1e-6, 1 - 1e-6)
    first = rng.uniform(0.0, scenario.cohort_days or scenario.history_days, number)
    contracts = _hold(first, leaving, scenario, rng)
    ids = pa.array([f"c{member:08d}" for member in range(number)])
    return SubscriptionShop(
        subscriptions=_subscriptions(contracts, plan, ids, scenario, rng),
        interactions=_sessions(contracts, ids, scenario, rng),
        customers=_customers(first, plan, ids, scenario, rng),
        future_purchases=_future(contracts, plan, ids, scenario),
        truth=_truth(contracts, leaving, plan, ids, scenario),
    )


def _hold(first: Floats, leaving: Floats, scenario: Scenario, rng: np.random.Generator) -> Contracts:
    """Contract after contract, until nobody starts another before the simulation ends."""
    last_day = scenario.history_days + scenario.future_days
    longest = last_day // PERIOD + 2
    who, starts, held = np.arange(len(first)), first, []
    while len(who):
        paid = np.minimum(rng.geometric(leaving[who]), longest)
        held.append((who, starts, paid))
        again = starts + PERIOD * paid + LEAST_BREAK + rng.exponential(MEAN_BREAK, len(who))
        back = (rng.random(len(who)) < COMES_BACK) & (again < last_day)
        who, starts = who[back], again[back]
    customer, started, paid = (np.concatenate(column) for column in zip(*held, strict=True))
    order = np.lexsort((started, customer))
    return Contracts(customer[order], started[order], paid[order].astype(np.int64))


def _subscriptions(
    held: Contracts, plan: Integers, ids: pa.Array, scenario: Scenario, rng: np.random.Generator
) -> pa.Table:
    begun = held.started < scenario.history_days
    started, ended = held.started[begun], held.ended[begun]
    ends_soon = ended < scenario.history_days + PERIOD
    told = (ended < scenario.history_days) | (ends_soon & (rng.random(len(ended)) < ANNOUNCED))
    plans = plan[held.customer[begun]]
    table = pa.table(
        {
            "subscription_id": pa.array([f"s{number:08d}" for number in range(len(started))]),
            "customer_id": ids.take(pa.array(held.customer[begun])),
            "started_at": timestamps(started, scenario),
            "ended_at": timestamps(ended, scenario, told),
            "period_days": pa.array(np.full(len(started), PERIOD)),
            "amount": pa.array(np.array([terms.amount for terms in PLANS])[plans]),
        }
    )
    return table.sort_by("started_at")


def _sessions(held: Contracts, ids: pa.Array, scenario: Scenario, rng: np.random.Generator) -> pa.Table:
    """Visits while a contract runs; fewer in its last period, where it is not renewed."""
    mean = scenario.interactions_per_year * PERIOD / 365.0
    contract = np.repeat(np.arange(len(held.paid)), held.paid)
    nth = np.arange(len(contract)) - np.repeat(np.cumsum(held.paid) - held.paid, held.paid)
    last = nth == held.paid[contract] - 1
    visits = rng.poisson(np.where(last, FADED * mean, mean))
    period = np.repeat(np.arange(len(contract)), visits)
    at = held.started[contract[period]] + PERIOD * (nth[period] + rng.random(len(period)))
    past = at < scenario.history_days
    table = pa.table(
        {
            "customer_id": ids.take(pa.array(held.customer[contract[period[past]]])),
            "occurred_at": timestamps(at[past], scenario),
            "kind": pa.array(["session"] * int(past.sum()), pa.string()),
        }
    )
    return table.sort_by("occurred_at")


def _customers(
    first: Floats, plan: Integers, ids: pa.Array, scenario: Scenario, rng: np.random.Generator
) -> pa.Table:
    return pa.table(
        {
            "customer_id": ids,
            "signed_up_at": timestamps(first, scenario),
            "plan": _plan_names(plan),
            "opted_out": pa.array(rng.random(len(first)) < scenario.opted_out_share),
        }
    )


def _future(held: Contracts, plan: Integers, ids: pa.Array, scenario: Scenario) -> pa.Table:
    contract, at = _payments(held)
    now, end = scenario.history_days, scenario.history_days + scenario.future_days
    ahead = (at >= now) & (at < end)
    who = held.customer[contract[ahead]]
    amounts = np.array([terms.amount for terms in PLANS])
    table = pa.table(
        {
            "customer_id": ids.take(pa.array(who)),
            "ordered_at": timestamps(at[ahead], scenario),
            "amount": pa.array(amounts[plan[who]]),
        }
    )
    return table.sort_by("ordered_at")


def _truth(held: Contracts, leaving: Floats, plan: Integers, ids: pa.Array, scenario: Scenario) -> pa.Table:
    """One row per customer; chances are missing where no contract runs at `as_of`."""
    number, now = len(leaving), scenario.history_days
    contract, at = _payments(held)
    who = held.customer[contract]
    past = at < now
    # Every payment but the first of a contract was a renewal; every contract that ended was one chance to leave.
    began = held.started < now
    renewals = np.bincount(who[past], minlength=number) - np.bincount(held.customer[began], minlength=number)
    left = np.bincount(held.customer[held.ended < now], minlength=number)
    runs = np.zeros(number, dtype=bool)
    runs[held.customer[began & (held.ended >= now)]] = True
    alpha, beta = (np.array([getattr(terms, name) for terms in PLANS])[plan] for name in ("alpha", "beta"))
    near = (at >= now) & (at < now + scenario.churn_window_days)
    far = (at >= now) & (at < now + scenario.clv_horizon_days)
    amounts = np.array([terms.amount for terms in PLANS])[plan]
    purchases = np.bincount(who[far], minlength=number)
    posterior = (beta + renewals) / (alpha + beta + renewals + left)
    return pa.table(
        {
            "customer_id": ids,
            "plan": _plan_names(plan),
            "chance_to_leave": pa.array(leaving),
            "is_alive": pa.array(runs),
            "renewals": pa.array(renewals),
            "contracts_ended": pa.array(left),
            "probability_of_return": _where(1.0 - leaving, runs),
            "posterior_probability_of_return": _where(posterior, runs),
            "returned": pa.array(np.bincount(who[near], minlength=number) > 0),
            "purchases": pa.array(purchases),
            "spend": pa.array(purchases * amounts),
        }
    )


def _payments(held: Contracts) -> tuple[Integers, Floats]:
    """The contract and the time of every period that is paid."""
    contract = np.repeat(np.arange(len(held.paid)), held.paid)
    nth = np.arange(len(contract)) - np.repeat(np.cumsum(held.paid) - held.paid, held.paid)
    return contract, held.started[contract] + PERIOD * nth


def _plan_names(plan: Integers) -> pa.Array:
    return pc.cast(texts([terms.name for terms in PLANS], plan), pa.string())


def _where(values: Floats, known: Flags) -> pa.Array:
    return pa.array(values, mask=~known)
